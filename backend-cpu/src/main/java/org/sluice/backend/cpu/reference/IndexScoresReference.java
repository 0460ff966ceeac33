package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.IndexScores;

/** {@link IndexScores}: Σ_h weight[h] · relu(query[h] · key) · scale. */
record IndexScoresReference(IndexScores op, Rows query, Rows weights, Cache cache, long y) implements Exec {
    static IndexScoresReference of(IndexScores op, long y, Binding b) {
        return new IndexScoresReference(
                op, Rows.of(op.query(), b), Rows.of(op.weights(), b), Cache.of(op.cache(), b), y);
    }

    @Override
    public void run(StepContext step) {
        int width = op.cache().width();
        for (int r = 0; r < query.count(step); r++) {
            for (int s = 0; s < step.context; s++) {
                double sum = 0;
                for (int h = 0; s <= step.position[r] && h < op.heads(); h++) {
                    double dot = 0;
                    for (int i = 0; i < width; i++) {
                        dot += (double) query.get(r, h * width + i) * cache.get(step, r, s, i);
                    }
                    sum += weights.get(r, h) * Math.max(dot, 0);
                }
                double score = s <= step.position[r] ? sum * op.scale() : Double.NEGATIVE_INFINITY;
                Mem.putFloat(y + 4L * ((long) r * step.context + s), (float) score);
            }
        }
    }
}
