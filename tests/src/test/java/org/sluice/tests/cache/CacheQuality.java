package org.sluice.tests.cache;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.CacheType;
import org.sluice.model.LanguageModel;
import org.sluice.tests.Fixtures;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What a cache type or rounded activations change along recorded prompts and answers, against float32.
 *
 * @param positions looked at
 * @param same share of positions where the most likely token is the same
 * @param divergence mean Kullback-Leibler divergence from F32's distribution, nats
 * @param bytes of a token's rows, as a share of F32's
 */
record CacheQuality(int positions, double same, double divergence, double bytes) {
    static final int ROWS = 64;

    /** What a cache type changes, all else exact. */
    static CacheQuality measure(Path model, String device, CacheType type, int cases) {
        EngineOptions options = options(device, true);
        return measure(model, options, options.withCaches(type), cases);
    }

    /** What rounded activations change. */
    static CacheQuality ofRounding(Path model, String device, int cases) {
        return measure(model, options(device, true), options(device, false), cases);
    }

    private static EngineOptions options(String device, boolean exact) {
        return EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(1).withExact(exact))
                .withContext(2048)
                .withMaxRows(ROWS)
                .withParallel(ROWS);
    }

    private static CacheQuality measure(Path model, EngineOptions exact, EngineOptions changed, int cases) {
        JsonNode all = new ObjectMapper()
                .readTree(Fixtures.path("demo-model/answers.json").toFile())
                .get("cases");
        int positions = 0;
        int same = 0;
        double divergence = 0;
        double bytes;
        try (Engine plain = Engine.load(model, exact);
                Engine other = Engine.load(model, changed)) {
            bytes = (double) (other.memory().latentPerToken() + other.memory().indexPerToken())
                    / (plain.memory().latentPerToken() + plain.memory().indexPerToken());
            for (int c = 0; c < Math.min(cases, all.size()); c++) {
                int[] tokens = IntStream.concat(
                                ints(all.get(c).get("prompt_tokens")),
                                ints(all.get(c).get("answer_tokens")))
                        .limit(2048)
                        .toArray();
                float[][] p = logits(plain, tokens);
                float[][] q = logits(other, tokens);
                for (int r = 0; r < tokens.length; r++) {
                    positions++;
                    same += argMax(p[r]) == argMax(q[r]) ? 1 : 0;
                    divergence += divergence(p[r], q[r]);
                }
            }
        }
        return new CacheQuality(positions, (double) same / positions, divergence / positions, bytes);
    }

    private static IntStream ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt());
    }

    private static float[][] logits(Engine e, int[] tokens) {
        return logits(e, tokens, at -> ROWS);
    }

    /**
     * Logits of all positions.
     *
     * @param most rows of the step that begins at a position, {@link #ROWS} at most
     */
    static float[][] logits(Engine e, int[] tokens, IntUnaryOperator most) {
        int vocabulary = e.model().vocabSize();
        float[][] rows = new float[tokens.length][];
        Step step = new Step(ROWS);
        try (Sequence s = e.program().newSequence()) {
            for (int at = 0; at < tokens.length; ) {
                int n = Math.min(most.applyAsInt(at), tokens.length - at);
                step.clear().add(s, n);
                for (int i = 0; i < n; i++) {
                    step.want(i);
                }
                MemorySegment.copy(tokens, at, e.program().input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, n);
                e.program().run(step);
                MemorySegment out = e.program().output(LanguageModel.LOGITS);
                for (int i = 0; i < n; i++) {
                    rows[at + i] =
                            out.asSlice(4L * vocabulary * i, 4L * vocabulary).toArray(ValueLayout.JAVA_FLOAT);
                }
                at += n;
            }
        }
        return rows;
    }

    private static int argMax(float[] v) {
        int best = 0;
        for (int i = 1; i < v.length; i++) {
            best = v[i] > v[best] ? i : best;
        }
        return best;
    }

    private static double divergence(float[] p, float[] q) {
        double[] a = logSoftmax(p);
        double[] b = logSoftmax(q);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.exp(a[i]) * (a[i] - b[i]);
        }
        return sum;
    }

    private static double[] logSoftmax(float[] v) {
        double max = v[argMax(v)];
        double total = 0;
        for (float x : v) {
            total += Math.exp(x - max);
        }
        double log = max + Math.log(total);
        double[] out = new double[v.length];
        Arrays.setAll(out, i -> v[i] - log);
        return out;
    }
}
