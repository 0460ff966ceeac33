package org.sluice.backend.support.kernels;

import java.util.List;
import org.sluice.graph.ArgMax;
import org.sluice.graph.Concat;
import org.sluice.graph.GatherRows;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.TopLogits;
import org.sluice.graph.Value;

/** Kernels that treat every row by itself: one work group a row. */
final class RowCalls {
    private final List<Call> calls;

    RowCalls(List<Call> calls) {
        this.calls = calls;
    }

    void rmsNorm(Work w, RmsNorm op, Value y) {
        Call.Builder k = kernel("rms_norm")
                .place(op.x())
                .add(new Argument.Vector(op.weight()))
                .place(y)
                .number(op.x().width())
                .number(op.epsilon());
        each(w, k, op.x());
    }

    void layerNorm(Work w, LayerNorm op, Value y) {
        Call.Builder k = kernel("layer_norm")
                .place(op.x())
                .add(new Argument.Vector(op.weight()))
                .add(new Argument.Vector(op.bias()))
                .place(y)
                .number(op.x().width())
                .number(op.epsilon());
        each(w, k, op.x());
    }

    void pair(Work w, String name, Value a, Value b, Value y) {
        each(w, kernel(name).place(a).place(b).place(y).number(a.width()), a);
    }

    void concat(Work w, Concat op, Value y) {
        Call.Builder k = kernel("concat")
                .place(op.a())
                .place(op.b())
                .place(y)
                .number(op.a().width())
                .number(op.b().width());
        each(w, k, op.a());
    }

    void gather(Work w, GatherRows op, Value y) {
        Call.Builder k = kernel("gather_rows")
                .place(op.x())
                .place(y)
                .number(op.x().width())
                .step();
        calls.add(k.launch(w, Launch.rows(y)));
    }

    void argMax(Work w, ArgMax op, Value y) {
        each(w, kernel("arg_max").place(op.x()).place(y).number(op.x().width()), op.x());
    }

    void topLogits(Work.Scratched w, TopLogits op) {
        Call.Builder k = new Call.Builder(new Call.Build("select.cl", List.of()), "top_logits")
                .place(op.x())
                .place(w.node().outputs().get(0))
                .place(w.node().outputs().get(1))
                .place(w.scratch())
                .number(op.x().width())
                .number(op.k());
        each(w, k, op.x());
    }

    private static Call.Builder kernel(String name) {
        return new Call.Builder(new Call.Build("rows.cl", List.of()), name);
    }

    private void each(Work w, Call.Builder k, Value rows) {
        calls.add(k.rowsOf(rows).launch(w, Launch.rows(rows)));
    }
}
