package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Writes the rows of a step into an indexer's key cache at their positions.
 *
 * <p>{@code cache[p] = rope(layerNorm(x; w, b, eps), p)}; rope turns the first {@code rope.dims()} elements.
 *
 * @param x F32 {@code [rows, width]}
 * @param weight {@code [width]}
 * @param bias {@code [width]}
 * @param epsilon of the norm
 * @param rope turns the first elements
 * @param cache written at the position of each row
 */
public record AppendIndexKey(Value x, Weight weight, Weight bias, float epsilon, Rope rope, State.IndexKeyCache cache)
        implements Op {
    /** Checks the shapes. */
    public AppendIndexKey {
        Op.check(
                Op.isFloats(x) && x.width() == cache.width() && rope.dims() <= cache.width(),
                "AppendIndexKey: %s with %s does not fit %s",
                x,
                rope,
                cache);
        Op.check(Op.isVector(weight, x.width()), "AppendIndexKey: weight %s does not fit %s", weight, x);
        Op.check(Op.isVector(bias, x.width()), "AppendIndexKey: bias %s does not fit %s", bias, x);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of();
    }

    @Override
    public List<Weight> constants() {
        return List.of(weight, bias);
    }

    @Override
    public List<State> states() {
        return List.of(cache);
    }
}
