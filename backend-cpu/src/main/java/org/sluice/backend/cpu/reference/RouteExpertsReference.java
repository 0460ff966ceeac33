package org.sluice.backend.cpu.reference;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.RoutingRule;
import org.sluice.tensor.quant.Weights;

/** {@link RouteExperts}: the experts with the largest biased scores inside the best groups. */
record RouteExpertsReference(RouteExperts op, Rows logits, float @Nullable [] bias, Rows ids, Rows weights)
        implements Exec {
    static RouteExpertsReference of(RouteExperts op, long ids, long weights, Binding b) {
        return new RouteExpertsReference(
                op,
                Rows.of(op.logits(), b),
                op.bias() == null ? null : Weights.toFloats(op.bias(), 0, 0),
                new Rows(ids, op.logits().rows(), op.rule().topK()),
                new Rows(weights, op.logits().rows(), op.rule().topK()));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < ids.count(step); r++) {
            float[] score = scores(r);
            float[] biased = score.clone();
            for (int e = 0; bias != null && e < biased.length; e++) {
                biased[e] += bias[e];
            }
            Set<Integer> groups = bestGroups(biased);
            int size = biased.length / op.rule().groups();
            int[] chosen = byValue(IntStream.range(0, biased.length).filter(e -> groups.contains(e / size)), biased)
                    .limit(op.rule().topK())
                    .sorted()
                    .toArray();
            double sum = 0;
            for (int e : chosen) {
                sum += score[e];
            }
            for (int i = 0; i < chosen.length; i++) {
                ids.setInt(r, i, chosen[i]);
                double w = op.rule().normalise() ? score[chosen[i]] / (sum + 1e-20) : score[chosen[i]];
                weights.set(r, i, w * op.rule().scale());
            }
        }
    }

    private float[] scores(int r) {
        double[] s = new double[logits.width()];
        double max = Double.NEGATIVE_INFINITY;
        for (int e = 0; e < s.length; e++) {
            s[e] = logits.get(r, e);
            max = Math.max(max, s[e]);
        }
        double sum = 0;
        for (double v : s) {
            sum += Math.exp(v - max);
        }
        float[] out = new float[s.length];
        for (int e = 0; e < s.length; e++) {
            out[e] = (float)
                    (op.rule().scoring() == RoutingRule.Scoring.SIGMOID
                            ? 1 / (1 + Math.exp(-s[e]))
                            : Math.exp(s[e] - max) / sum);
        }
        return out;
    }

    /** Groups by the sum of their two largest biased scores. */
    private Set<Integer> bestGroups(float[] biased) {
        int n = op.rule().groups();
        int size = biased.length / n;
        float[] value = new float[n];
        for (int g = 0; g < n; g++) {
            float[] group = Arrays.copyOfRange(biased, g * size, (g + 1) * size);
            Arrays.sort(group);
            value[g] = size == 1 ? group[0] : group[size - 1] + group[size - 2];
        }
        return byValue(IntStream.range(0, n), value)
                .limit(op.rule().topGroups())
                .boxed()
                .collect(Collectors.toSet());
    }

    /** Indices by descending value, the smaller index first among equals. */
    private static IntStream byValue(IntStream indices, float[] value) {
        return indices.boxed()
                .sorted(Comparator.comparingDouble(i -> -value[i]))
                .mapToInt(i -> i);
    }
}
