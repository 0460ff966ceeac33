package org.sluice.backend.cpu.runtime;

import org.sluice.graph.Rope;

/** Cosines and sines of one rotation for every row of the running step, times the rotation's magnitude. */
public final class RopeTable {
    private final Rope rope;
    private final long cos;
    private final long sin;
    private final int pairs;

    /** A table over {@code 2 · maxRows · pairs} floats at {@code memory}. */
    public RopeTable(Rope rope, long memory, int maxRows) {
        this.rope = rope;
        pairs = rope.dims() / 2;
        cos = memory;
        sin = memory + 4L * maxRows * pairs;
    }

    /** Computes the angles of the step's rows: frequency and product in float32, as the reference implementation does. */
    public void fill(StepContext step) {
        for (int r = 0; r < step.rows; r++) {
            for (int i = 0; i < pairs; i++) {
                double angle = step.position[r] * rope.inverseFrequency(i);
                long at = 4L * (r * (long) pairs + i);
                Mem.putFloat(cos + at, (float) Math.cos(angle) * rope.magnitude());
                Mem.putFloat(sin + at, (float) Math.sin(angle) * rope.magnitude());
            }
        }
    }

    /** Turns a vector of {@link Rope#dims()} elements by the angles of a row; {@code x} and {@code y} may be the same. */
    public void turn(int row, long x, long y) {
        boolean interleaved = rope.pairing() == Rope.Pairing.INTERLEAVED;
        long step = interleaved ? 8 : 4;
        long partner = interleaved ? 4 : 4L * pairs;
        long angle = 4L * row * pairs;
        for (int i = 0; i < pairs; i++, angle += 4, x += step, y += step) {
            float c = Mem.getFloat(cos + angle);
            float s = Mem.getFloat(sin + angle);
            float a = Mem.getFloat(x);
            float b = Mem.getFloat(x + partner);
            Mem.putFloat(y, a * c - b * s);
            Mem.putFloat(y + partner, a * s + b * c);
        }
    }
}
