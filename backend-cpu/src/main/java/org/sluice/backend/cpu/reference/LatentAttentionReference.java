package org.sluice.backend.cpu.reference;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.LatentAttention;

/** {@link LatentAttention}: softmax(scale · q·k) over the attended positions, weighted sum of latents. */
record LatentAttentionReference(
        LatentAttention op,
        Rows queryLatent,
        Rows query,
        @Nullable Rows selection,
        Cache cache,
        Rows y) implements Exec {
    static LatentAttentionReference of(LatentAttention op, long y, Binding b) {
        return new LatentAttentionReference(
                op,
                Rows.of(op.queryLatent(), b),
                Rows.of(op.query(), b),
                op.selection() == null ? null : Rows.of(op.selection(), b),
                Cache.of(op.cache(), b),
                Rows.at(op.queryLatent(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            int[] positions = positions(step, r);
            for (int h = 0; h < op.heads(); h++) {
                head(step, r, h, positions);
            }
        }
    }

    private int[] positions(StepContext step, int r) {
        Rows chosen = selection;
        if (chosen == null) {
            return IntStream.rangeClosed(0, step.position[r]).toArray();
        }
        return IntStream.range(0, chosen.width())
                .map(i -> chosen.getInt(r, i))
                .filter(p -> p >= 0)
                .toArray();
    }

    private void head(StepContext step, int r, int h, int[] positions) {
        int latent = op.cache().latent();
        int rope = op.cache().rope();
        int queryWidth = query.width() / op.heads();
        double[] score = new double[positions.length];
        double max = Double.NEGATIVE_INFINITY;
        for (int t = 0; t < score.length; t++) {
            double s = 0;
            for (int i = 0; i < latent; i++) {
                s += (double) queryLatent.get(r, h * latent + i) * cache.get(step, r, positions[t], i);
            }
            for (int i = 0; i < rope; i++) {
                s += (double) query.get(r, h * queryWidth + op.ropeOffset() + i)
                        * cache.get(step, r, positions[t], latent + i);
            }
            score[t] = s * op.scale();
            max = Math.max(max, score[t]);
        }
        double total = 0;
        for (int t = 0; t < score.length; t++) {
            score[t] = Math.exp(score[t] - max);
            total += score[t];
        }
        for (int i = 0; i < latent; i++) {
            double sum = 0;
            for (int t = 0; t < score.length; t++) {
                sum += score[t] / total * cache.get(step, r, positions[t], i);
            }
            y.set(r, h * latent + i, sum);
        }
    }
}
