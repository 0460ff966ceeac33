package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/**
 * Scores of the lightning indexer (DeepSeek-V3.2; GLM spec 2.5).
 *
 * <p>{@code y[r][s] = Σ_h weights[r][h] · relu(query[r][h] · key[s]) · scale} for every s up to the row's own position; −∞ behind it.
 *
 * @param query F32 {@code [rows, heads · width]}, rotated
 * @param weights F32 {@code [rows, heads]}
 * @param cache keys
 * @param scale on the scores; the result is F32 {@code [rows, context]}
 */
public record IndexScores(Value query, Value weights, State.IndexKeyCache cache, float scale) implements Op {
    /** Checks the shapes. */
    public IndexScores {
        Op.check(
                Op.isFloats(query)
                        && Op.isFloats(weights)
                        && query.rows() == weights.rows()
                        && query.width() == weights.width() * cache.width(),
                "IndexScores: %s and %s do not fit %s",
                query,
                weights,
                cache);
    }

    @Override
    public List<Value> inputs() {
        return List.of(query, weights);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(query.rows(), Shape.CONTEXT));
    }

    @Override
    public List<State> states() {
        return List.of(cache);
    }

    /** Number of indexer heads. */
    public int heads() {
        return weights.width();
    }
}
