package consumer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.sluice.tensor.Weight;

/** What the small graph must give for its second row, a one followed by 63 zeros, in loops of doubles. */
final class PlainExperts {
    private PlainExperts() {}

    static float[] secondRow() {
        try (Arena arena = Arena.ofConfined()) {
            double[] x = new double[64];
            x[0] = 1;
            double[] scores = product(SmallGraph.weight(arena, "router", 4, 64), 0, x);
            for (int e = 0; e < 4; e++) {
                scores[e] = 1 / (1 + Math.exp(-scores[e]));
            }
            int best = 0;
            for (int e = 1; e < 4; e++) {
                best = scores[e] > scores[best] ? e : best;
            }
            int second = best == 0 ? 1 : 0;
            for (int e = 0; e < 4; e++) {
                second = e != best && scores[e] > scores[second] ? e : second;
            }
            double sum = scores[best] + scores[second];
            float[] y = new float[64];
            for (int e : new int[] {best, second}) {
                double[] gate = product(SmallGraph.weight(arena, "gate", 4, 32, 64), e, x);
                double[] up = product(SmallGraph.weight(arena, "up", 4, 32, 64), e, x);
                for (int i = 0; i < 32; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                double[] down = product(SmallGraph.weight(arena, "down", 4, 64, 32), e, gate);
                for (int i = 0; i < 64; i++) {
                    y[i] += (float) (scores[e] / sum * down[i]);
                }
            }
            return y;
        }
    }

    private static double[] product(Weight w, int slice, double[] x) {
        MemorySegment data = w.slices().get(slice);
        double[] y = new double[(int) w.rows()];
        for (int r = 0; r < y.length; r++) {
            for (int c = 0; c < x.length; c++) {
                y[r] += x[c] * data.getAtIndex(ValueLayout.JAVA_FLOAT, (long) r * x.length + c);
            }
        }
        return y;
    }
}
