package org.sluice.graph;

import org.sluice.tensor.DType;
import org.sluice.tensor.TensorSpec;

/**
 * A named result of an operation, or an input of the graph.
 *
 * @param id position in the graph's list of values, unique within it
 * @param name what plans and profiles call it
 * @param spec element type and shape; the first extent is usually symbolic
 */
public record Value(int id, String name, TensorSpec spec) {
    /** Elements of a row: the last extent. */
    public int width() {
        return Math.toIntExact(spec.shape().last());
    }

    /** The first extent, usually {@link org.sluice.tensor.Shape#ROWS} or {@link org.sluice.tensor.Shape#OUTPUTS}. */
    public long rows() {
        return spec.shape().extent(0);
    }

    /** Element type. */
    public DType dtype() {
        return spec.dtype();
    }

    @Override
    public String toString() {
        return "%" + name + " " + spec;
    }
}
