package org.sluice.backend.support.kernels;

import java.util.List;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/** Kernels that choose experts and run them. */
final class ExpertCalls {
    private final List<Call> calls;
    private final Grids grids;

    ExpertCalls(List<Call> calls, Grids grids) {
        this.calls = calls;
        this.grids = grids;
    }

    void route(Work w, RouteExperts op, Value ids, Value weights) {
        RoutingRule rule = op.rule();
        Weight bias = op.bias();
        Call.Builder k = new Call.Builder(new Call.Build("route.cl", List.of()), "route_experts")
                .place(op.logits())
                .add(bias == null ? new Argument.Nothing() : new Argument.Vector(bias))
                .place(ids)
                .place(weights)
                .number(op.logits().width())
                .number(bias == null ? 0 : 1)
                .number(rule.scoring() == RoutingRule.Scoring.SOFTMAX ? 1 : 0)
                .number(rule.groups())
                .number(rule.topGroups())
                .number(rule.topK())
                .number(rule.normalise() ? 1 : 0)
                .number(rule.scale())
                .rowsOf(op.logits());
        calls.add(k.launch(w, Launch.rows(op.logits())));
    }

    void feedForward(Work.Scratched w, ExpertFeedForward op) {
        if (op.gate() != op.up() && Lowering.alike(op.gate(), op.up())) {
            inner(w, op, List.of(op.gate(), op.up()), 0);
        } else {
            inner(w, op, List.of(op.up()), 1);
            inner(w, op, List.of(op.gate()), 2);
        }
        int width = op.x().width();
        Call.Builder down = MatrixCalls.kernel("experts.cl", List.of(op.down()), "expert_down")
                .place(w.scratch())
                .place(op.experts())
                .place(op.weights())
                .place(w.node().outputs().getFirst())
                .number(innerWidth(op))
                .number(op.down().rowBytes())
                .number(width)
                .number(op.experts().width())
                .rowsOf(op.x());
        calls.add(
                down.launch(w, Launch.of(grids.matrixRows(width), Axis.of(op.x().rows()))));
    }

    private void inner(Work.Scratched w, ExpertFeedForward op, List<Weight> banks, int mode) {
        int k = op.experts().width();
        int inner = innerWidth(op);
        Call.Builder kernel = MatrixCalls.kernel("experts.cl", banks, "expert_inner")
                .place(op.x())
                .place(op.experts())
                .place(w.scratch())
                .number(mode)
                .number(op.x().width())
                .number(banks.getFirst().rowBytes())
                .number(inner)
                .number(k)
                .rowsOf(op.x());
        calls.add(kernel.launch(
                w, Launch.of(grids.matrixRows(inner), new Axis(op.x().rows(), k, 1))));
    }

    private static int innerWidth(ExpertFeedForward op) {
        return Math.toIntExact(op.gate().rows());
    }
}
