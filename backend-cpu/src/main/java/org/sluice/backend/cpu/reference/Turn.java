package org.sluice.backend.cpu.reference;

import org.sluice.graph.Rope;

/** The rotation of one pair, in double; angle as the reference implementation rounds it: a float product. */
final class Turn {
    private Turn() {}

    /** Turns {@code v[offset …]} in place for a position. */
    static void apply(Rope rope, int position, double[] v, int offset) {
        int pairs = rope.dims() / 2;
        boolean interleaved = rope.pairing() == Rope.Pairing.INTERLEAVED;
        for (int i = 0; i < pairs; i++) {
            double angle = position * rope.inverseFrequency(i);
            double cos = Math.cos(angle) * rope.magnitude();
            double sin = Math.sin(angle) * rope.magnitude();
            int first = offset + (interleaved ? 2 * i : i);
            int second = offset + (interleaved ? 2 * i + 1 : i + pairs);
            double a = v[first];
            double b = v[second];
            v[first] = a * cos - b * sin;
            v[second] = a * sin + b * cos;
        }
    }
}
