package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.Op;
import org.sluice.graph.Rope;

/** {@link ApplyRope}: both pairings, parts of heads, positions over several pages. */
final class ApplyRopeCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return ApplyRope.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("ApplyRope");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (Rope.Pairing pairing : Rope.Pairing.values()) {
                all.add(turned(gen, rope(gen, pairing), layout));
            }
        }
        return all;
    }

    /** Random frequencies and a magnitude that is not 1. */
    static Rope rope(Gen gen, Rope.Pairing pairing) {
        Rope plain = Rope.plain(pairing, 2 * gen.between(1, 20), gen.pick(100, 10_000, 8_000_000));
        float[] inverse = new float[plain.dims() / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = plain.inverseFrequency(i);
        }
        return new Rope(pairing, inverse, gen.flip() ? 1 : 1.2079441f);
    }

    private static OpCase turned(Gen gen, Rope rope, List<Action> layout) {
        int heads = gen.between(1, 5);
        int offset = gen.between(0, 9);
        int head = offset + rope.dims() + gen.between(0, 5);
        int width = heads * head;
        Single c = new Single(heads + " heads of " + head + ", " + rope + " at " + offset, layout);
        c.output("y", c.graph().rope(c.floats("x", width, rows -> gen.rows(rows, width)), heads, offset, rope));
        Replay replay = new Replay(layout);
        c.near("y", (run, row, arithmetic) -> {
            Products.Bounded x = c.row("x", width, run, row);
            for (int h = 0; h < heads; h++) {
                turn(rope, replay.places(run).get(row).position(), x, h * head + offset);
            }
            return x.errors();
        });
        return c.build();
    }

    /** Turns in place; each result is two products with a cosine and a sine that are rounded themselves. */
    static void turn(Rope rope, int position, Products.Bounded x, int offset) {
        double[] v = x.values();
        double[] e = x.errors();
        int pairs = rope.dims() / 2;
        for (int i = 0; i < pairs; i++) {
            boolean interleaved = rope.pairing() == Rope.Pairing.INTERLEAVED;
            int first = offset + (interleaved ? 2 * i : i);
            int second = offset + (interleaved ? 2 * i + 1 : i + pairs);
            double angle = position * rope.inverseFrequency(i);
            double cos = Math.cos(angle) * rope.magnitude();
            double sin = Math.sin(angle) * rope.magnitude();
            double a = v[first];
            double b = v[second];
            double own = 6 * Arithmetic.U * rope.magnitude() * (Math.abs(a) + Math.abs(b));
            double error = own + rope.magnitude() * (e[first] + e[second]);
            v[first] = a * cos - b * sin;
            v[second] = a * sin + b * cos;
            e[first] = error;
            e[second] = error;
        }
    }
}
