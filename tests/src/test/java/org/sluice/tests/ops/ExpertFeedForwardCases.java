package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Op;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/** {@link ExpertFeedForward}: banks of every type, mixed types, experts that nobody or everybody chooses. */
final class ExpertFeedForwardCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return ExpertFeedForward.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("ExpertFeedForward");
        List<OpCase> all = new ArrayList<>();
        for (DType t : Gen.realTypes()) {
            all.add(experts(gen, t, t, t, 0, Layouts.one()));
            all.add(experts(gen, t, t, t, 0, Layouts.few(gen)));
        }
        for (List<Action> layout : Layouts.stateless(gen)) {
            all.add(experts(gen, DType.BF16, DType.BF16, DType.BF16, 0, layout));
            all.add(experts(gen, DType.F8_E4M3, DType.F8_E4M3, DType.F8_E4M3, gen.pick(128, 16), layout));
            all.add(experts(gen, DType.Q4_0, DType.Q4_0, DType.Q8_0, 0, layout));
            all.add(experts(gen, DType.Q4_K, DType.Q4_K, DType.Q6_K, 0, layout));
            all.add(experts(gen, DType.Q8_0, DType.BF16, DType.F32, 0, layout));
            all.add(experts(gen, DType.IQ2_XXS, DType.Q5_K, DType.Q3_K, 0, layout));
        }
        all.add(outputs(gen, DType.BF16, DType.BF16, Layouts.mixed(gen)));
        all.add(outputs(gen, DType.Q4_K, DType.Q6_K, Layouts.mixed(gen)));
        return all;
    }

    private static int extent(Gen gen, int block) {
        return block == 1
                ? gen.pick(1, gen.between(2, 30), gen.between(33, 150))
                : block * (block == 256 ? 1 : gen.between(1, 4));
    }

    private static OpCase experts(
            Gen gen, DType gateType, DType upType, DType downType, int scales, List<Action> layout) {
        int width = extent(gen, Math.max(gateType.blockElements(), upType.blockElements()));
        int inner = extent(gen, downType.blockElements());
        int experts = gen.between(2, 6);
        int k = gen.between(1, Math.min(3, experts));
        Weight gate = gen.scaled("gate", gateType, scales, scales, experts, inner, width);
        Weight up = gen.scaled("up", upType, scales, scales, experts, inner, width);
        Weight down = gen.scaled("down", downType, scales, scales, experts, width, inner);
        Single c = new Single(
                gate + " " + upType + " " + downType + " top " + k + (scales == 0 ? "" : " scales every " + scales),
                layout);
        Value x = c.floats("x", width, rows -> gen.rows(rows, width));
        boolean skewed = gen.flip();
        int[] favourites = gen.subset(experts, k);
        Value ids = c.ints(
                "experts",
                k,
                rows -> IntStream.range(0, rows)
                        .flatMap(r -> Arrays.stream(skewed ? favourites : gen.subset(experts, k)))
                        .toArray());
        Value weights = c.floats("weights", k, rows -> gen.floats(rows * k, 1));
        c.output("y", c.graph().expertFeedForward(x, new GraphBuilder.Route(ids, weights), gate, up, down));
        Bank banks = new Bank(bank(gate), bank(up), bank(down));
        c.near("y", (run, row, arithmetic) -> {
            int[] chosen = Arrays.copyOfRange(c.data("experts", run).ints(), row * k, (row + 1) * k);
            float[] w = Arrays.copyOfRange(c.data("weights", run).floats(), row * k, (row + 1) * k);
            return banks.errors(c.row("x", width, run, row), chosen, w, 2, arithmetic);
        });
        return c.build();
    }

    /** Behind a choice of rows, none in one of the steps, as in a model's last layer. */
    private static OpCase outputs(Gen gen, DType type, DType downType, List<Action> base) {
        List<Action> layout = Layouts.wanting(base, gen);
        int width = extent(gen, type.blockElements());
        int inner = extent(gen, downType.blockElements());
        int experts = 5;
        int k = 2;
        Weight gate = gen.weight("gate", type, experts, inner, width);
        Weight up = gen.weight("up", type, experts, inner, width);
        Weight down = gen.weight("down", downType, experts, width, inner);
        Single c = new Single(gate + " " + downType + " over outputs", layout);
        Value x = c.floats("x", width, rows -> gen.rows(rows, width));
        // every row has a clear first and second
        Value logits = c.floats("logits", experts, rows -> {
            float[] l = new float[rows * experts];
            Arrays.fill(l, -4);
            for (int r = 0; r < rows; r++) {
                int[] two = gen.subset(experts, k);
                l[r * experts + two[0]] = 2;
                l[r * experts + two[1]] = 1;
            }
            return l;
        });
        RoutingRule rule = new RoutingRule(RoutingRule.Scoring.SIGMOID, 1, 1, k, false, 1);
        GraphBuilder.Route route = c.graph().routeExperts(c.graph().gatherRows(logits), null, rule);
        c.output("y", c.graph().expertFeedForward(c.graph().gatherRows(x), route, gate, up, down));
        Bank banks = new Bank(bank(gate), bank(up), bank(down));
        c.nearOutputs("y", (run, row, arithmetic) -> {
            double[] l = c.row("logits", experts, run, row).values();
            int[] chosen = IntStream.of(2, 1)
                    .map(v -> IntStream.range(0, experts)
                            .filter(e -> l[e] == v)
                            .findFirst()
                            .orElseThrow())
                    .toArray();
            float[] w = {(float) (1 / (1 + Math.exp(-2))), (float) (1 / (1 + Math.exp(-1)))};
            return banks.errors(c.row("x", width, run, row), chosen, w, 32, arithmetic);
        });
        return c.build();
    }

    /** The matrices of a case. */
    private record Bank(List<Products> gates, List<Products> ups, List<Products> downs) {
        /** How far a row's result may be off, its weights by {@code roundings}. */
        double[] errors(Products.Bounded x, int[] chosen, float[] weights, int roundings, Arithmetic arithmetic) {
            double[] e = new double[x.values().length];
            for (int i = 0; i < chosen.length; i++) {
                int id = chosen[i];
                Products.Bounded h =
                        gated(gates.get(id).times(x, arithmetic), ups.get(id).times(x, arithmetic));
                Products.Bounded y = downs.get(id).times(h, arithmetic);
                for (int o = 0; o < e.length; o++) {
                    double relative = (chosen.length + roundings) * Arithmetic.U;
                    e[o] += Math.abs(weights[i]) * (y.errors()[o] + relative * Math.abs(y.values()[o]));
                }
            }
            return e;
        }
    }

    /** The gated unit of two rows that are off already; silu nowhere grows faster than 1.1. */
    private static Products.Bounded gated(Products.Bounded g, Products.Bounded u) {
        int n = g.values().length;
        double[] h = new double[n];
        double[] e = new double[n];
        for (int i = 0; i < n; i++) {
            double s = SwiGluCases.silu(g.values()[i]);
            h[i] = s * u.values()[i];
            e[i] = 1.1 * g.errors()[i] * (Math.abs(u.values()[i]) + u.errors()[i])
                    + Math.abs(s) * u.errors()[i]
                    + SwiGluCases.error(g.values()[i], u.values()[i]);
        }
        return new Products.Bounded(h, e);
    }

    private static List<Products> bank(Weight w) {
        return IntStream.range(0, w.slices().size())
                .mapToObj(s -> Products.of(w, s, 0, (int) w.rows()))
                .toList();
    }
}
