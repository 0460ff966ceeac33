package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * Turns a part of every head by the row's position; the rest passes through.
 *
 * @param x F32 {@code [rows, heads · headWidth]}
 * @param heads vectors in a row
 * @param offset first element of a head that turns; {@code rope.dims()} elements do
 * @param rope pairs and angles
 */
public record ApplyRope(Value x, int heads, int offset, Rope rope) implements Op {
    /** Checks the shapes. */
    public ApplyRope {
        Op.check(
                Op.isFloats(x)
                        && heads > 0
                        && x.width() % heads == 0
                        && offset >= 0
                        && offset + rope.dims() <= x.width() / heads,
                "ApplyRope: %s has no %s heads with %s at " + offset,
                x,
                heads,
                rope);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(x.spec());
    }

    /** Elements of a head. */
    public int headWidth() {
        return x.width() / heads;
    }
}
