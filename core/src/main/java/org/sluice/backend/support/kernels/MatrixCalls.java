package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Embed;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/** Kernels that multiply rows by matrices, or take rows out of one. */
final class MatrixCalls {
    private final List<Call> calls;
    private final Grids grids;

    MatrixCalls(List<Call> calls, Grids grids) {
        this.calls = calls;
        this.grids = grids;
    }

    /** A kernel that is compiled for the type of its matrices, which are its first arguments. */
    static Call.Builder kernel(String file, List<Weight> weights, String name) {
        Argument.Matrices m = new Argument.Matrices(weights);
        List<String> defines = new ArrayList<>(List.of("WEIGHT_" + m.type()));
        if (m.scaled()) {
            defines.add("SCALED");
        }
        return new Call.Builder(new Call.Build(file, defines), name).add(m);
    }

    void embed(Work w, Embed op, Value y) {
        Call.Builder k = kernel("embed.cl", List.of(op.table()), "embed")
                .place(op.tokens())
                .place(y)
                .number((int) op.table().columns())
                .number(op.table().rowBytes())
                .number(Math.toIntExact(op.table().rows()))
                .rowsOf(op.tokens());
        calls.add(k.launch(w, Launch.rows(op.tokens())));
    }

    void heads(Work w, HeadMatmul op, Value y) {
        var hm = op.matrix();
        Weight weight = hm.weight();
        boolean bank = weight.shape().rank() == 3;
        String name = hm.transposed() ? "head_matmul_transposed" : "head_matmul";
        Call.Builder k = kernel("head_matmul.cl", List.of(weight), name)
                .place(op.x())
                .place(y)
                .number(hm.heads())
                .number(op.x().width() / hm.heads())
                .number(op.offset())
                .number(bank ? hm.rows() : hm.headStride())
                .number(hm.firstRow())
                .number(hm.rows())
                .number((int) weight.columns())
                .number(weight.rowBytes())
                .rowsOf(op.x());
        int results = hm.transposed() ? Math.ceilDiv((int) weight.columns(), 16) : hm.rows();
        calls.add(k.launch(
                w,
                Launch.of(grids.headPieces(hm.heads(), results), Axis.of(op.x().rows()))));
    }

    void matmuls(Work.Matmuls w) {
        List<Value> results = w.results();
        List<Value> addends = w.addends();
        int[] ends = new int[4];
        int total = 0;
        for (int i = 0; i < 4; i++) {
            total += i < w.weights().size() ? Math.toIntExact(w.weights().get(i).rows()) : 0;
            ends[i] = total;
        }
        for (boolean many : new boolean[] {false, true}) {
            Call.Builder k = kernel("matmul.cl", w.weights(), many ? "matmul_many" : "matmul_one")
                    .place(w.x());
            for (int i = 0; i < 4; i++) {
                k.place(results.get(Math.min(i, results.size() - 1)));
            }
            k.number(ends[0]).number(ends[1]).number(ends[2]);
            for (int i = 0; i < 2; i++) {
                if (i < addends.size()) {
                    k.place(addends.get(i));
                } else {
                    k.nothing();
                }
            }
            k.number(addends.size())
                    .number(w.x().width())
                    .number(w.weights().getFirst().rowBytes())
                    .number(total)
                    .rowsOf(w.x());
            oneOrMany(w, k, total, w.x().rows(), many);
        }
    }

    void gateUp(Work.GateUp w) {
        int inner = Math.toIntExact(w.weights().getFirst().rows());
        for (boolean many : new boolean[] {false, true}) {
            Call.Builder k = kernel("matmul.cl", w.weights(), many ? "gate_up_many" : "gate_up_one")
                    .place(w.x())
                    .place(w.swiglu().outputs().getFirst())
                    .number(w.x().width())
                    .number(w.weights().getFirst().rowBytes())
                    .number(inner)
                    .rowsOf(w.x());
            oneOrMany(w, k, inner, w.x().rows(), many);
        }
    }

    private void oneOrMany(Work w, Call.Builder k, int matrixRows, long extent, boolean many) {
        Axis y = many ? new Axis(extent, 1, grids.tile()) : Axis.of(extent);
        Launch launch = Launch.of(grids.matrixRows(matrixRows), y);
        calls.add(k.launch(w, many ? launch.forRows(extent, 2, Integer.MAX_VALUE) : launch.forRows(extent, 1, 1)));
    }
}
