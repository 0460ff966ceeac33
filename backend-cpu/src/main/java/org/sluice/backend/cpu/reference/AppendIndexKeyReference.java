package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.AppendIndexKey;
import org.sluice.tensor.quant.Weights;

/** {@link AppendIndexKey}: layerNorm, rotation of the first elements, into the cache. */
record AppendIndexKeyReference(AppendIndexKey op, Rows x, float[] weight, float[] bias, Cache cache) implements Exec {
    static AppendIndexKeyReference of(AppendIndexKey op, Binding b) {
        return new AppendIndexKeyReference(
                op,
                Rows.of(op.x(), b),
                Weights.toFloats(op.weight(), 0, 0),
                Weights.toFloats(op.bias(), 0, 0),
                Cache.of(op.cache(), b));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < x.count(step); r++) {
            double[] v = new double[x.width()];
            for (int i = 0; i < v.length; i++) {
                v[i] = x.get(r, i);
            }
            Norms.layer(v, weight, bias, op.epsilon());
            Turn.apply(op.rope(), step.position[r], v, 0);
            cache.set(step, r, step.position[r], v);
        }
    }
}
