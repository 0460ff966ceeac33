package org.sluice.cli.compare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far logits are from the reference's, row by row over the same tokens.
 *
 * @param max largest absolute difference
 * @param mean mean absolute difference
 * @param divergence mean Kullback-Leibler divergence of the softmax from the reference's, in nats
 * @param rows compared
 */
public record Distance(double max, double mean, double divergence, int rows) {
    /** Compares {@code rows} rows of F32. */
    static Distance between(MemorySegment reference, MemorySegment other, int rows, int width) {
        double max = 0;
        double sum = 0;
        double divergence = 0;
        for (int r = 0; r < rows; r++) {
            double lp = logTotal(reference, r, width);
            double lq = logTotal(other, r, width);
            for (int i = 0; i < width; i++) {
                double p = at(reference, r, i, width);
                double q = at(other, r, i, width);
                max = Math.max(max, Math.abs(p - q));
                sum += Math.abs(p - q);
                divergence += Math.exp(p - lp) * ((p - lp) - (q - lq));
            }
        }
        return new Distance(max, sum / rows / width, Math.max(0, divergence / rows), rows);
    }

    private static double logTotal(MemorySegment m, int row, int width) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < width; i++) {
            most = Math.max(most, at(m, row, i, width));
        }
        double total = 0;
        for (int i = 0; i < width; i++) {
            total += Math.exp(at(m, row, i, width) - most);
        }
        return most + Math.log(total);
    }

    private static float at(MemorySegment m, int row, int i, int width) {
        return m.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * width + i);
    }

    Map<String, Object> toMap() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("max", max);
        m.put("mean", mean);
        m.put("kl", divergence);
        m.put("rows", rows);
        return m;
    }
}
