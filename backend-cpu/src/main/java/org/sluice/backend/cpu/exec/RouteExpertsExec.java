package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.RoutingRule;

/** {@link RouteExperts}: scalar code, a few hundred experts per row. */
final class RouteExpertsExec extends RowsExec {
    private final RoutingRule rule;
    private final long logits;
    private final long bias;
    private final long ids;
    private final long weights;
    private final int experts;
    private final float[][] scores;
    private final float[][] biased;
    private final float[][] groups;

    RouteExpertsExec(RouteExperts op, long ids, long weights, Binding b) {
        super(op.logits().rows());
        rule = op.rule();
        logits = b.address(op.logits());
        bias = op.bias() == null ? 0 : b.vector(op.bias());
        this.ids = ids;
        this.weights = weights;
        experts = op.logits().width();
        scores = new float[b.workers()][experts];
        biased = new float[b.workers()][experts];
        groups = new float[b.workers()][rule.groups()];
    }

    @Override
    void row(int r, int worker, StepContext step) {
        float[] s = scores[worker];
        float[] c = biased[worker];
        score(logits + 4L * r * experts, s);
        for (int e = 0; e < experts; e++) {
            c[e] = s[e] + (bias == 0 ? 0f : Mem.getFloat(bias + 4L * e));
        }
        if (rule.topGroups() < rule.groups()) {
            dropGroups(c, groups[worker]);
        }
        int k = rule.topK();
        for (int i = 0; i < k; i++) {
            c[largest(c)] = Float.NaN; // marks the chosen ones
        }
        long id = ids + 4L * r * k;
        long w = weights + 4L * r * k;
        float sum = 0;
        int n = 0;
        for (int e = 0; e < experts; e++) {
            if (Float.isNaN(c[e])) {
                Mem.putInt(id + 4L * n, e);
                Mem.putFloat(w + 4L * n, s[e]);
                sum += s[e];
                n++;
            }
        }
        float factor = rule.normalise() ? rule.scale() / (sum + 1e-20f) : rule.scale();
        for (int i = 0; i < k; i++) {
            Mem.putFloat(w + 4L * i, Mem.getFloat(w + 4L * i) * factor);
        }
    }

    private void score(long x, float[] s) {
        if (rule.scoring() == RoutingRule.Scoring.SIGMOID) {
            for (int e = 0; e < experts; e++) {
                s[e] = (float) (1 / (1 + Math.exp(-Mem.getFloat(x + 4L * e))));
            }
            return;
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int e = 0; e < experts; e++) {
            max = Math.max(max, Mem.getFloat(x + 4L * e));
        }
        double sum = 0;
        for (int e = 0; e < experts; e++) {
            s[e] = (float) Math.exp(Mem.getFloat(x + 4L * e) - max);
            sum += s[e];
        }
        for (int e = 0; e < experts; e++) {
            s[e] = (float) (s[e] / sum);
        }
    }

    /** Leaves only the experts of the best groups in the running. */
    private void dropGroups(float[] c, float[] g) {
        int size = experts / rule.groups();
        for (int i = 0; i < g.length; i++) {
            float first = Float.NEGATIVE_INFINITY;
            float second = Float.NEGATIVE_INFINITY;
            for (int e = i * size; e < (i + 1) * size; e++) {
                if (c[e] > first) {
                    second = first;
                    first = c[e];
                } else if (c[e] > second) {
                    second = c[e];
                }
            }
            g[i] = size == 1 ? first : first + second;
        }
        for (int i = 0; i < rule.topGroups(); i++) {
            g[largest(g)] = Float.NaN;
        }
        for (int e = 0; e < experts; e++) {
            if (!Float.isNaN(g[e / size])) {
                c[e] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** Index of the largest element that is not NaN; the smallest index among equals. */
    private static int largest(float[] v) {
        int best = -1;
        for (int i = 0; i < v.length; i++) {
            if (!Float.isNaN(v[i]) && (best < 0 || v[i] > v[best])) {
                best = i;
            }
        }
        return best;
    }
}
