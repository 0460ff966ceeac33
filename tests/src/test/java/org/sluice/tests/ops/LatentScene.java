package org.sluice.tests.ops;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.sluice.graph.Rope;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** A latent cache that is written and attended to: the graph, its inputs, and bounds on what attention gives. */
final class LatentScene {
    private static final float EPSILON = 1e-5f;

    private final Gen gen;
    private final int latent;
    private final int heads;
    private final int offset;
    private final int headWidth;
    private final Rope rope;
    private final float scale;
    private final float[] norm;
    private final Single single;
    private final Replay replay;
    private final int selected;
    private final Map<Arithmetic, Map<Replay.Origin, Products.Bounded>> cached = new EnumMap<>(Arithmetic.class);

    /**
     * A scene.
     *
     * @param selected positions a row may choose, 0 for attention to everything
     * @param ropeOnly whether only the rotated part of a query is not zero
     */
    LatentScene(Gen gen, String name, int latent, int heads, int selected, boolean ropeOnly, List<Action> layout) {
        this.gen = gen;
        this.latent = latent;
        this.heads = heads;
        this.selected = selected;
        offset = gen.between(0, 9);
        rope = ApplyRopeCases.rope(gen, gen.flip() ? Rope.Pairing.INTERLEAVED : Rope.Pairing.HALF_SPLIT);
        headWidth = offset + rope.dims() + gen.between(0, 3);
        scale = (float) (1 / Math.sqrt(ropeOnly ? rope.dims() : latent + rope.dims()));
        replay = new Replay(layout);
        single = new Single(
                name + "latent " + latent + ", rope " + rope.dims() + ", " + heads + " heads"
                        + (selected == 0 ? "" : ", " + selected + " selected"),
                layout);
        int width = latent + rope.dims();
        Weight w = gen.vector("w", latent, 1);
        norm = Weights.toFloats(w, 0, 0);
        State.LatentCache cache = single.graph().latentCache("cache", latent, rope.dims());
        Value x = single.floats("x", width, rows -> gen.floats(rows * width, 1));
        Value ql = single.floats(
                "queryLatent", heads * latent, rows -> gen.floats(rows * heads * latent, ropeOnly ? 0 : 1.5));
        Value q = single.floats("query", heads * headWidth, rows -> gen.floats(rows * heads * headWidth, 1.5));
        Value s = selected == 0
                ? null
                : single.input("selection", TensorSpec.i32(Shape.ROWS, selected), (run, r) -> choose(run));
        single.graph().appendLatent(x, w, EPSILON, rope, cache);
        single.output("y", single.graph().latentAttention(ql, q, offset, s, cache, scale));
        single.near("y", this::bounds);
    }

    OpCase build() {
        return single.build();
    }

    /** For every row ascending positions: none, as many as there are, or some. */
    private Data choose(int run) {
        List<Replay.Place> places = replay.places(run);
        int[] all = new int[places.size() * selected];
        Arrays.fill(all, -1);
        for (int r = 0; r < places.size(); r++) {
            int context = places.get(r).position() + 1;
            int most = Math.min(selected, context);
            int n = selected > 1 && gen.between(0, 9) == 0 ? 0 : gen.flip() ? most : gen.between(1, most);
            int[] chosen = gen.subset(context, n);
            Arrays.sort(chosen);
            System.arraycopy(chosen, 0, all, r * selected, n);
        }
        return new Data.Ints(all);
    }

    private int[] positions(int run, int row) {
        if (selected == 0) {
            return IntStream.rangeClosed(0, replay.places(run).get(row).position())
                    .toArray();
        }
        int[] all = single.data("selection", run).ints();
        return Arrays.stream(all, row * selected, (row + 1) * selected)
                .filter(p -> p >= 0)
                .toArray();
    }

    /** A cached row: normed latent, rotated rest, each with the error it was written with. */
    private Products.Bounded cached(Replay.Origin o, Arithmetic arithmetic) {
        return cached.computeIfAbsent(arithmetic, a -> new HashMap<>()).computeIfAbsent(o, from -> {
            int width = latent + rope.dims();
            Products.Bounded x = single.row("x", width, from.run(), from.row());
            Products.Bounded c = RmsNormCases.rms(x, norm, EPSILON);
            System.arraycopy(c.values(), 0, x.values(), 0, latent);
            System.arraycopy(c.errors(), 0, x.errors(), 0, latent);
            ApplyRopeCases.turn(rope, replay.places(from.run()).get(from.row()).position(), x, latent);
            for (int i = 0; i < width; i++) {
                x.errors()[i] += arithmetic.stored() * Math.abs(x.values()[i]);
            }
            return x;
        });
    }

    private double[] bounds(int run, int row, Arithmetic arithmetic) {
        List<Replay.Origin> seen = replay.places(run).get(row).seen();
        Products.Bounded[] rows = Arrays.stream(positions(run, row))
                .mapToObj(p -> cached(seen.get(p), arithmetic))
                .toArray(Products.Bounded[]::new);
        double[] all = new double[heads * latent];
        for (int h = 0; h < heads; h++) {
            head(run, row, h, rows, arithmetic, all);
        }
        return all;
    }

    /**
     * A score that is off by δ changes its weight by the factor e^δ, and the sum of all weights by at most the largest such
     * factor; so results are off by 2δ relative to Σ a·|c|, besides the errors of the cached rows themselves.
     */
    private void head(int run, int row, int h, Products.Bounded[] rows, Arithmetic arithmetic, double[] all) {
        float[] ql = single.data("queryLatent", run).floats();
        float[] q = single.data("query", run).floats();
        double[] score = new double[rows.length];
        double largest = Double.NEGATIVE_INFINITY;
        double delta = 0;
        for (int t = 0; t < rows.length; t++) {
            Products.Sum s = new Products.Sum();
            for (int i = 0; i < latent + rope.dims(); i++) {
                double v = i < latent
                        ? ql[(row * heads + h) * latent + i]
                        : q[(row * heads + h) * headWidth + offset + i - latent];
                double c = rows[t].values()[i];
                s.add(v, Math.abs(v), c, rows[t].errors()[i], arithmetic.stored() * Math.abs(c));
            }
            score[t] = s.value() * scale;
            largest = Math.max(largest, score[t]);
            delta = rows.length == 1 ? 0 : Math.max(delta, s.error() * scale);
        }
        double total = 0;
        for (double s : score) {
            total += Math.exp(s - largest);
        }
        for (int i = 0; i < latent; i++) {
            double e = 0;
            for (int t = 0; t < rows.length; t++) {
                double a = Math.exp(score[t] - largest) / total;
                double relative = 2 * delta
                        + Arithmetic.rel(rows.length)
                        + Arithmetic.U * 2 * (largest - score[t])
                        + arithmetic.stored();
                e += a * (rows[t].errors()[i] + relative * Math.abs(rows[t].values()[i]));
            }
            all[h * latent + i] = e;
        }
    }
}
