package org.sluice.tests.ops;

import java.util.List;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Op;
import org.sluice.graph.SwiGlu;

/** {@link SwiGlu}: gates from far below to far above zero. */
final class SwiGluCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return SwiGlu.class;
    }

    @Override
    public List<OpCase> cases() {
        return PairCases.cases(new Gen("SwiGlu"), GraphBuilder::swiGlu, SwiGluCases::error);
    }

    /**
     * An exponential of g is as accurate as g·log2(e) is in float32: relative to the result u·|g|. A sigmoid below the
     * smallest normal number may be anything down to zero.
     */
    static double error(double gate, double up) {
        double y = silu(gate) * up;
        return Arithmetic.U * (8 + 2 * Math.min(Math.abs(gate), 100)) * Math.abs(y)
                + 2 * Float.MIN_NORMAL * Math.abs(gate * up);
    }

    static double silu(double g) {
        return g / (1 + Math.exp(-g));
    }
}
