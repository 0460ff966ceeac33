package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Sequence;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;
import org.sluice.tests.golden.Golden;

/**
 * The bits of a sequence's logits depend on its tokens alone: not on who shares its steps, its place in them, how its rows
 * are cut into steps, the number of threads, what its pages held before, or how it came by its prefix.
 */
@Tag("fixtures")
class BatchIndependenceTest {
    /** Rows of the prompt: beyond a page, and beyond the selections of all models here. */
    private static final int PROMPT = 90;

    private static final int ALL = PROMPT + 6;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20260713L));

    static List<Arguments> modelsAndDevices() {
        List<Arguments> all = new ArrayList<>();
        List<Path> models = Stream.concat(
                        Stream.of(Fixtures.demoModel()), Golden.all().stream().map(Golden::folder))
                .toList();
        for (String device : Devices.present()) {
            for (boolean exact : new boolean[] {true, false}) {
                // the reference has one thread and no fused or tiled kernels: nothing there could depend on a batch
                models.stream()
                        .filter(m -> !device.equals("cpu:reference"))
                        .forEach(m -> all.add(Arguments.of(m.getFileName().toString(), m, device, exact)));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0} on {2}, exact {3}")
    @MethodSource("modelsAndDevices")
    void sameBits(String name, Path model, String device, boolean exact) {
        float[][] alone;
        int[] tokens;
        try (Batch b = open(model, device, exact, 1)) {
            tokens = tokens(b, ALL);
            alone = alone(b, tokens, ALL);
            assertThat(alone[ALL - 1]).as("logits").isNotEqualTo(alone[ALL - 2]);
        }
        // one model with every number of threads is enough for those
        for (int threads : model.equals(Fixtures.demoModel()) ? new int[] {1, 2, 3} : new int[] {3}) {
            String with = " with " + threads + " threads";
            try (Batch b = open(model, device, exact, threads)) {
                same("alone, in one chunk and row by row" + with, alone(b, tokens, PROMPT), alone);
                same("alone, in chunks of 7" + with, alone(b, tokens, 7), alone);
                for (int place = threads == 3 ? 0 : 2; place < 3; place++) {
                    same("in company at place " + place + with, inCompany(b, tokens, place), alone);
                }
                same("after a change of mind" + with, redone(b, tokens), alone);
                same("forked" + with, forked(b, tokens), alone);
                same("on used pages" + with, onUsedPages(b, tokens), alone);
                same("behind a prompt that nobody asks about" + with, unasked(b, tokens, alone), alone);
            }
        }
    }

    private static Batch open(Path model, String device, boolean exact, int threads) {
        return new Batch(model, DeviceOptions.of(device).withThreads(threads).withExact(exact), 128, 200);
    }

    private static void same(String how, float[][] got, float[][] expected) {
        for (int r = 0; r < expected.length; r++) {
            assertThat(got[r]).as(how + ": logits of row " + r).isEqualTo(expected[r]);
        }
    }

    private int[] tokens(Batch b, int n) {
        return random.ints(n, 0, b.vocabulary()).toArray();
    }

    /** The prompt in chunks, the rest row by row. */
    private static float[][] alone(Batch b, int[] tokens, int chunk) {
        float[][] rows = new float[tokens.length][];
        try (Sequence s = b.newSequence()) {
            grow(b, s, tokens, rows, Math.min(chunk, tokens.length));
        }
        return rows;
    }

    private static void grow(Batch b, Sequence s, int[] tokens, float[][] rows, int chunk) {
        while (s.length() < tokens.length) {
            int n = s.length() < PROMPT ? Math.min(chunk, tokens.length - s.length()) : 1;
            b.step(new Batch.Part(s, tokens, n, rows));
        }
    }

    /** Between a prefill and two decodes of others, at the first, second or last place. */
    private float[][] inCompany(Batch b, int[] tokens, int place) {
        float[][] rows = new float[ALL][];
        int[] others = tokens(b, 200);
        try (Sequence s = b.newSequence();
                Sequence filling = b.newSequence();
                Sequence decoding = b.newSequence()) {
            b.step(new Batch.Part(decoding, others, 70, null));
            while (s.length() < ALL) {
                int n = s.length() < PROMPT ? Math.min(40 + place, PROMPT - s.length()) : 1;
                List<Batch.Part> parts = new ArrayList<>();
                parts.add(new Batch.Part(filling, others, 13, null));
                parts.add(new Batch.Part(decoding, others, 2, null));
                parts.add(place, new Batch.Part(s, tokens, n, rows));
                b.step(parts.toArray(Batch.Part[]::new));
            }
        }
        return rows;
    }

    /** Goes wrong twice, is cut back and goes on. */
    private float[][] redone(Batch b, int[] tokens) {
        float[][] rows = new float[ALL][];
        int[] wrong = tokens(b, ALL);
        try (Sequence s = b.newSequence()) {
            b.step(new Batch.Part(s, tokens, 70, rows));
            b.step(new Batch.Part(s, wrong, 20, null));
            s.truncate(66);
            b.step(new Batch.Part(s, wrong, 1, null));
            s.truncate(30);
            grow(b, s, tokens, rows, 64);
        }
        return rows;
    }

    /** Takes its prefix over from another sequence, which goes on elsewhere and ends. */
    private float[][] forked(Batch b, int[] tokens) {
        float[][] rows = new float[ALL][];
        int[] elsewhere = tokens(b, ALL);
        Sequence parent = b.newSequence();
        b.step(new Batch.Part(parent, tokens, 80, rows));
        try (Sequence child = parent.fork(70);
                Sequence sibling = parent.fork(64)) {
            b.step(new Batch.Part(parent, elsewhere, 5, null), new Batch.Part(sibling, elsewhere, 9, null));
            parent.close();
            grow(b, child, tokens, rows, 50);
        }
        return rows;
    }

    /** Others come and go in between, so that new pages hold what they left. */
    private float[][] onUsedPages(Batch b, int[] tokens) {
        float[][] rows = new float[ALL][];
        List<Sequence> others =
                IntStream.range(0, 3).mapToObj(i -> b.newSequence()).toList();
        try (Sequence s = b.newSequence()) {
            for (Sequence o : others) {
                b.step(new Batch.Part(o, tokens(b, 128), 100, null));
            }
            others.get(1).close();
            b.step(new Batch.Part(s, tokens, 50, rows));
            others.get(0).close();
            b.step(new Batch.Part(s, tokens, 20, rows));
            others.get(2).close();
            grow(b, s, tokens, rows, 20);
        }
        return rows;
    }

    /** Of most of the prompt no row is wanted, in one step or two. */
    private static float[][] unasked(Batch b, int[] tokens, float[][] alone) {
        float[][] rows = alone.clone();
        for (int first : new int[] {80, 3}) {
            try (Sequence s = b.newSequence()) {
                b.step(new Batch.Part(s, tokens, first, null));
                b.step(new Batch.Part(s, tokens, 82 - first, null));
                Arrays.fill(rows, 82, ALL, null);
                grow(b, s, tokens, rows, PROMPT);
            }
        }
        return rows;
    }
}
