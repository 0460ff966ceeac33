package org.sluice.graph;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.TensorSpec;

/**
 * Attention of absorbed queries over a latent cache, over the whole context or a selection of it (GLM spec 2.4).
 *
 * <p>{@code a[s] = softmax_s(scale · (queryLatent[h]·c[s] + queryRope[h]·k[s]))}, {@code y[h] = Σ_s a[s] · c[s]} where c is the
 * latent and k the rotated part of cached row s, and s runs over the selected positions, or over all up to the row's own.
 *
 * @param queryLatent F32 {@code [rows, heads · latent]}
 * @param query F32 {@code [rows, heads · n]}: the rotated part of a head's query lies at {@code ropeOffset}
 * @param ropeOffset first rotated element of a head
 * @param selection I32 {@code [rows, k]} ascending positions, −1 after the last, or null for all
 * @param cache read up to each row's own position
 * @param scale on the scores; the result is F32 {@code [rows, heads · latent]}
 */
public record LatentAttention(
        Value queryLatent,
        Value query,
        int ropeOffset,
        @Nullable Value selection,
        State.LatentCache cache,
        float scale) implements Op {
    /** Checks the shapes. */
    public LatentAttention {
        Op.check(
                Op.isFloats(queryLatent) && queryLatent.width() % cache.latent() == 0,
                "LatentAttention: %s does not fit %s",
                queryLatent,
                cache);
        int heads = queryLatent.width() / cache.latent();
        Op.check(
                Op.isFloats(query) && query.width() % heads == 0 && ropeOffset + cache.rope() <= query.width() / heads,
                "LatentAttention: %s has no %s heads with the rotated part at " + ropeOffset,
                query,
                heads);
        Op.check(
                selection == null || Op.isInts(selection, 2),
                "LatentAttention: selection %s is not I32 [rows, k]",
                selection);
    }

    @Override
    public List<Value> inputs() {
        return Stream.of(queryLatent, query, selection).filter(v -> v != null).toList();
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(queryLatent.spec());
    }

    @Override
    public List<State> states() {
        return List.of(cache);
    }

    /** Number of heads. */
    public int heads() {
        return queryLatent.width() / cache.latent();
    }
}
