package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.AppendLatent;
import org.sluice.tensor.quant.Weights;

/** {@link AppendLatent}: rmsNorm of the latent, rotation of the rest, into the cache. */
record AppendLatentReference(AppendLatent op, Rows x, float[] weight, Cache cache) implements Exec {
    static AppendLatentReference of(AppendLatent op, Binding b) {
        return new AppendLatentReference(
                op, Rows.of(op.x(), b), Weights.toFloats(op.weight(), 0, 0), Cache.of(op.cache(), b));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < x.count(step); r++) {
            double[] v = new double[x.width()];
            for (int i = 0; i < v.length; i++) {
                v[i] = x.get(r, i);
            }
            Norms.rms(v, weight, op.epsilon());
            Turn.apply(op.rope(), step.position[r], v, op.cache().latent());
            cache.set(step, r, step.position[r], v);
        }
    }
}
