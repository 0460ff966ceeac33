package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Writes the rows of a step into a latent cache at their positions.
 *
 * <p>{@code cache[p] = rmsNorm(x[0 : latent]; w, eps) ++ rope(x[latent :], p)}
 *
 * @param x F32 {@code [rows, latent + rope]}, the output of the joint down-projection
 * @param weight norm weight {@code [latent]}
 * @param epsilon of the norm
 * @param rope turns the second part
 * @param cache written at the position of each row
 */
public record AppendLatent(Value x, Weight weight, float epsilon, Rope rope, State.LatentCache cache) implements Op {
    /** Checks the shapes. */
    public AppendLatent {
        Op.check(
                Op.isFloats(x) && x.width() == cache.width() && rope.dims() == cache.rope(),
                "AppendLatent: %s with %s does not fit %s",
                x,
                rope,
                cache);
        Op.check(Op.isVector(weight, cache.latent()), "AppendLatent: weight %s does not fit %s", weight, cache);
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
        return List.of(weight);
    }

    @Override
    public List<State> states() {
        return List.of(cache);
    }
}
