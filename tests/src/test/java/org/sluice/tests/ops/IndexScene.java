package org.sluice.tests.ops;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sluice.graph.Rope;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** An indexer's key cache that is written and scored: the graph, its inputs, and scores with bounds. */
final class IndexScene {
    /** What numbers the scene is about. */
    enum Numbers {
        /** Anything; weights of both signs. */
        ANY,
        /** All weights zero: all scores are equal. */
        ZERO_WEIGHTS,
        /** Keys of ±1 and small whole queries and weights: scores are exact everywhere, and many are equal. */
        WHOLE,
        /** One query pair per row that reads a single element of every key back. */
        READ_BACK
    }

    private final Gen gen;
    private final Numbers numbers;
    private final int width;
    private final int heads;
    private final float epsilon;
    private final Rope rope;
    private final float scale;
    private final float[] norm;
    private final float[] bias;
    private final Single single;
    private final Replay replay;
    private final Value scores;
    private final Map<Arithmetic, Map<Replay.Origin, Products.Bounded>> keys = new EnumMap<>(Arithmetic.class);

    IndexScene(Gen gen, String name, Numbers numbers, int width, int heads, List<Action> layout) {
        this.gen = gen;
        this.numbers = numbers;
        this.width = width;
        this.heads = heads;
        boolean whole = numbers == Numbers.WHOLE;
        epsilon = whole ? 0 : 1e-6f;
        scale = whole ? 0.25f : numbers == Numbers.READ_BACK ? 1 : (float) (1 / Math.sqrt((double) heads * width));
        rope = rope();
        replay = new Replay(layout);
        single = new Single(name + numbers + " width " + width + ", " + heads + " heads", layout);
        Weight w = whole ? Gen.vector("w", filled(1)) : gen.vector("w", width, 1);
        Weight b = whole ? Gen.vector("b", filled(0)) : gen.vector("b", width, 0);
        norm = Weights.toFloats(w, 0, 0);
        bias = Weights.toFloats(b, 0, 0);
        State.IndexKeyCache cache = single.graph().indexKeyCache("keys", width);
        Value x = single.floats("x", width, this::keyRows);
        Value q = single.floats("query", heads * width, this::queries);
        Value hw = single.floats("weights", heads, this::weights);
        single.graph().appendIndexKey(x, w, b, epsilon, rope, cache);
        scores = single.graph().indexScores(q, hw, cache, scale);
    }

    private Rope rope() {
        if (numbers == Numbers.WHOLE) {
            return new Rope(Rope.Pairing.INTERLEAVED, new float[1], 1);
        }
        Rope.Pairing pairing = gen.flip() ? Rope.Pairing.INTERLEAVED : Rope.Pairing.HALF_SPLIT;
        return Rope.plain(pairing, 2 * gen.between(1, Math.max(1, width / 2)), 10_000);
    }

    private float[] filled(float v) {
        float[] all = new float[width];
        Arrays.fill(all, v);
        return all;
    }

    private float[] keyRows(int rows) {
        if (numbers != Numbers.WHOLE) {
            return gen.floats(rows * width, 1);
        }
        float[] all = new float[rows * width];
        for (int r = 0; r < rows; r++) {
            // as many +1 as −1: mean 0 and variance 1, so the norm changes nothing
            int[] order = gen.subset(width, width);
            for (int i = 0; i < width; i++) {
                all[r * width + order[i]] = i % 2 == 0 ? 1 : -1;
            }
        }
        return all;
    }

    private float[] queries(int rows) {
        if (numbers == Numbers.WHOLE) {
            return gen.whole(rows * heads * width, -2, 2);
        }
        if (numbers != Numbers.READ_BACK) {
            return gen.floats(rows * heads * width, 1.5);
        }
        float[] all = new float[rows * 2 * width];
        for (int r = 0; r < rows; r++) {
            int element = gen.between(0, width - 1);
            all[r * 2 * width + element] = 1;
            all[r * 2 * width + width + element] = -1;
        }
        return all;
    }

    private float[] weights(int rows) {
        return switch (numbers) {
            case ANY -> gen.floats(rows * heads, 1);
            case ZERO_WEIGHTS -> new float[rows * heads];
            case WHOLE -> gen.whole(rows * heads, -2, 3);
            case READ_BACK -> {
                float[] all = new float[rows * 2];
                for (int i = 0; i < all.length; i++) {
                    all[i] = i % 2 == 0 ? 1 : -1;
                }
                yield all;
            }
        };
    }

    /** Makes the scores an output. */
    IndexScene showScores() {
        single.output("scores", scores);
        single.expect(Expect.near("scores", (run, arithmetic) -> {
            int context = replay.context(run);
            List<Replay.Place> places = replay.places(run);
            double[] all = new double[places.size() * context];
            for (int r = 0; r < places.size(); r++) {
                double[] e = scores(run, r, arithmetic).errors();
                System.arraycopy(e, 0, all, r * context, e.length);
            }
            return all;
        }));
        return this;
    }

    /** Makes the choice of the k largest an output. */
    IndexScene select(int k) {
        single.output("selected", single.graph().selectTopK(scores, k));
        single.expect(
                numbers == Numbers.ANY ? Expect.selection("selected", k, this::scores) : Expect.equal("selected"));
        return this;
    }

    OpCase build() {
        return single.build();
    }

    private Products.Bounded key(Replay.Origin o, Arithmetic arithmetic) {
        return keys.computeIfAbsent(arithmetic, a -> new HashMap<>()).computeIfAbsent(o, from -> {
            Products.Bounded x = single.row("x", width, from.run(), from.row());
            Products.Bounded k = LayerNormCases.layer(x, norm, bias, epsilon);
            ApplyRopeCases.turn(rope, replay.places(from.run()).get(from.row()).position(), k, 0);
            for (int i = 0; i < width; i++) {
                k.errors()[i] += arithmetic.stored() * Math.abs(k.values()[i]);
            }
            return k;
        });
    }

    /** Scores of the positions a row sees; a relu passes errors on or loses them. */
    private Products.Bounded scores(int run, int row, Arithmetic arithmetic) {
        List<Replay.Origin> seen = replay.places(run).get(row).seen();
        float[] q = single.data("query", run).floats();
        float[] w = single.data("weights", run).floats();
        double[] y = new double[seen.size()];
        double[] e = new double[seen.size()];
        for (int s = 0; s < y.length; s++) {
            Products.Bounded k = key(seen.get(s), arithmetic);
            double magnitude = 0;
            for (int h = 0; h < heads; h++) {
                Products.Sum dot = new Products.Sum();
                for (int i = 0; i < width; i++) {
                    double v = q[(row * heads + h) * width + i];
                    double c = k.values()[i];
                    dot.add(v, Math.abs(v), c, k.errors()[i], arithmetic.stored() * Math.abs(c));
                }
                double weight = w[row * heads + h];
                y[s] += weight * Math.max(0, dot.value()) * scale;
                e[s] += Math.abs(weight) * dot.error() * scale;
                magnitude += Math.abs(weight) * Math.abs(dot.value()) * scale;
            }
            e[s] += (Arithmetic.rel(heads) + arithmetic.stored()) * magnitude;
        }
        return new Products.Bounded(y, e);
    }
}
