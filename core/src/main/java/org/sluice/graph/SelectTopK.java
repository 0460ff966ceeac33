package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * The positions with the k largest scores of each row, ascending; among equal scores the smaller position wins.
 *
 * <p>Where a row's context is no longer than k, all of it is selected and the scores are not looked at.
 *
 * @param scores F32 {@code [rows, context]}
 * @param k most positions; the result is I32 {@code [rows, k]}, −1 after the last
 */
public record SelectTopK(Value scores, int k) implements Op {
    /** Checks the shapes. */
    public SelectTopK {
        Op.check(k > 0 && Op.isScores(scores), "SelectTopK: top %s of %s", k, scores);
    }

    @Override
    public List<Value> inputs() {
        return List.of(scores);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.i32(scores.rows(), k));
    }
}
