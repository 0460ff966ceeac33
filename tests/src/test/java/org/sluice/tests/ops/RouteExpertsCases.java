package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Op;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link RouteExperts}: both scorings, groups, with and without a bias, and with equal scores. */
final class RouteExpertsCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return RouteExperts.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("RouteExperts");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (RoutingRule.Scoring scoring : RoutingRule.Scoring.values()) {
                for (boolean ties : new boolean[] {false, true}) {
                    all.add(route(gen, rule(gen, scoring, 1, 1, 1, 1), 1, ties, layout));
                    all.add(route(gen, rule(gen, scoring, 1, 1, 1, 8), 1, ties, layout));
                    all.add(route(gen, rule(gen, scoring, 1, 1, 3, 8), gen.between(8, 70), ties, layout));
                    all.add(route(gen, rule(gen, scoring, 4, 2, 1, 4), gen.between(2, 16), ties, layout));
                    all.add(route(gen, rule(gen, scoring, 8, 3, 1, 3), 1, ties, layout));
                }
            }
        }
        return all;
    }

    private static RoutingRule rule(
            Gen gen, RoutingRule.Scoring scoring, int groups, int topGroups, int leastK, int mostK) {
        return new RoutingRule(scoring, groups, topGroups, gen.between(leastK, mostK), gen.flip(), gen.pick(1, 2));
    }

    private static OpCase route(Gen gen, RoutingRule asked, int groupSize, boolean ties, List<Action> layout) {
        int experts = asked.groups() * groupSize;
        RoutingRule rule = new RoutingRule(
                asked.scoring(),
                asked.groups(),
                asked.topGroups(),
                Math.min(asked.topK(), groupSize * asked.topGroups()),
                asked.normalise(),
                asked.scale());
        float[] b = gen.floats(experts, 0.3);
        for (int e = 0; ties && e < experts; e++) {
            b[e] = gen.pick(0, 0, 1) * 0.25f;
        }
        Weight bias = gen.flip() ? Gen.vector("bias", b) : null;
        Single c = new Single(
                rule + " over " + experts + (bias == null ? "" : " with bias") + (ties ? " with ties" : ""), layout);
        Value logits = c.floats(
                "logits", experts, rows -> ties ? gen.whole(rows * experts, -2, 2) : gen.floats(rows * experts, 2));
        GraphBuilder.Route route = c.graph().routeExperts(logits, bias, rule);
        c.output("experts", route.experts()).output("weights", route.weights());
        float[] biases = bias == null ? new float[experts] : Weights.toFloats(bias, 0, 0);
        c.expect((run, arithmetic, reference, got) -> {
            int rows = Layouts.runs(layout).get(run).rows();
            for (int r = 0; r < rows; r++) {
                double[] x = c.row("logits", experts, run, r).values();
                compare(run, r, rule, x, biases, reference, got);
            }
        });
        return c.build();
    }

    /** Equal experts, and weights within a few roundings, unless a gap is too narrow for float32 to see. */
    private static void compare(
            int run,
            int row,
            RoutingRule rule,
            double[] logits,
            float[] bias,
            Map<String, Data> reference,
            Map<String, Data> got) {
        double[] score = scores(rule, logits);
        double[] biased = score.clone();
        for (int e = 0; e < biased.length; e++) {
            biased[e] += bias[e];
        }
        if (narrow(rule, biased)) {
            return;
        }
        int k = rule.topK();
        String where = " of row " + row + " of step " + run;
        int[] ids = Arrays.copyOfRange(Data.in(got, "experts").ints(), row * k, (row + 1) * k);
        assertThat(ids)
                .as("experts" + where)
                .isEqualTo(Arrays.copyOfRange(Data.in(reference, "experts").ints(), row * k, (row + 1) * k));
        double sum = 1e-20;
        for (int e : ids) {
            sum += score[e];
        }
        for (int i = 0; i < k; i++) {
            double want = score[ids[i]] * rule.scale() / (rule.normalise() ? sum : 1);
            // score, sum and quotient are positive: errors stay relative
            assertThat((double) Data.in(got, "weights").floats()[row * k + i])
                    .as("weight " + i + where)
                    .isCloseTo(want, org.assertj.core.data.Offset.offset(relative(logits) * want + 1e-30));
        }
    }

    private static double relative(double[] logits) {
        double largest = Arrays.stream(logits).map(Math::abs).max().orElse(0);
        return Arithmetic.rel(logits.length) + Arithmetic.U * (16 + 4 * largest);
    }

    private static double[] scores(RoutingRule rule, double[] logits) {
        if (rule.scoring() == RoutingRule.Scoring.SIGMOID) {
            return Arrays.stream(logits).map(x -> 1 / (1 + Math.exp(-x))).toArray();
        }
        double max = Arrays.stream(logits).max().orElse(0);
        double sum = Arrays.stream(logits).map(x -> Math.exp(x - max)).sum();
        return Arrays.stream(logits).map(x -> Math.exp(x - max) / sum).toArray();
    }

    /** Whether two different numbers that decide are nearer to each other than float32 can be trusted with. */
    private static boolean narrow(RoutingRule rule, double[] biased) {
        int size = biased.length / rule.groups();
        double[] groups = new double[rule.groups()];
        for (int g = 0; g < groups.length; g++) {
            double[] in = Arrays.copyOfRange(biased, g * size, (g + 1) * size);
            Arrays.sort(in);
            groups[g] = size == 1 ? in[0] : in[size - 1] + in[size - 2];
        }
        double[] sorted = groups.clone();
        Arrays.sort(sorted);
        boolean all = rule.topGroups() == rule.groups();
        if (!all && near(sorted[groups.length - rule.topGroups()], sorted[groups.length - rule.topGroups() - 1])) {
            return true;
        }
        double last = all ? Double.NEGATIVE_INFINITY : sorted[groups.length - rule.topGroups()];
        double[] kept = new double[biased.length];
        int n = 0;
        for (int e = 0; e < biased.length; e++) {
            if (groups[e / size] >= last) {
                kept[n++] = biased[e];
            }
        }
        kept = Arrays.copyOf(kept, n);
        Arrays.sort(kept);
        return rule.topK() < n && near(kept[n - rule.topK()], kept[n - rule.topK() - 1]);
    }

    private static boolean near(double a, double b) {
        double gap = Math.abs(a - b);
        // scores are at most 1 and biases of the same size; equal numbers stay equal, their order is defined
        return gap > 1e-12 && gap < 1e-6;
    }
}
