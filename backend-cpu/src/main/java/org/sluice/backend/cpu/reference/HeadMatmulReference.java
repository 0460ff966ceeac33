package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.HeadMatrix;
import org.sluice.tensor.quant.Weights;

/** {@link HeadMatmul}: y[h] = W_h · x[h], or its transpose. */
record HeadMatmulReference(HeadMatmul op, Rows x, Rows y) implements Exec {
    static HeadMatmulReference of(HeadMatmul op, long y, Binding b) {
        HeadMatrix m = op.matrix();
        return new HeadMatmulReference(
                op, Rows.of(op.x(), b), new Rows(y, op.x().rows(), m.heads() * m.outputWidth()));
    }

    @Override
    public void run(StepContext step) {
        HeadMatrix m = op.matrix();
        int stride = x.width() / m.heads();
        for (int h = 0; h < m.heads(); h++) {
            float[][] w = new float[m.rows()][];
            for (int i = 0; i < m.rows(); i++) {
                w[i] = Weights.toFloats(m.weight(), m.slice(h), m.startRow(h) + i);
            }
            for (int r = 0; r < y.count(step); r++) {
                for (int o = 0; o < m.outputWidth(); o++) {
                    double sum = 0;
                    for (int k = 0; k < m.inputWidth(); k++) {
                        sum += (double) (m.transposed() ? w[k][o] : w[o][k]) * x.get(r, h * stride + op.offset() + k);
                    }
                    y.set(r, h * m.outputWidth() + o, sum);
                }
            }
        }
    }
}
