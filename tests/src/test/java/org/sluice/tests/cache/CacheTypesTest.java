package org.sluice.tests.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.graph.CacheType;
import org.sluice.tensor.quant.Fp8;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;
import org.sluice.tests.model.TinyCheckpoint;

/** Caches in fewer bytes: their rows, what every kernel set makes of them, and what they cost in quality. */
class CacheTypesTest {
    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    private static EngineOptions options(String device, CacheType type) {
        return EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(1).withExact(true))
                .withMaxRows(CacheQuality.ROWS)
                .withParallel(CacheQuality.ROWS)
                .withCaches(type);
    }

    @Test
    void rowsAreAsLargeAsPublished() {
        assertThat(CacheType.F32.rowBytes(512, 64)).isEqualTo(2304);
        assertThat(CacheType.BF16.rowBytes(512, 64)).isEqualTo(1152);
        assertThat(CacheType.FP8.rowBytes(512, 64)).isEqualTo(656);
        assertThat(CacheType.FP8.rowBytes(128, 0)).isEqualTo(132);
        assertThat(CacheType.BF16.rowBytes(128, 0)).isEqualTo(256);
    }

    @Test
    void codesAreTheNearest() {
        for (int i = 0; i < 100_000; i++) {
            float v = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(-14, 10)));
            float got = Fp8.toFloat(Fp8.of(v));
            float best = Float.MAX_VALUE;
            for (int c = 0; c < 256; c++) {
                float other = Math.abs(Fp8.toFloat((byte) c) - v);
                best = Float.isNaN(other) ? best : Math.min(best, other);
            }
            assertThat(Math.abs(got - v)).as("" + v).isEqualTo(best);
        }
        for (int c = 0; c < 256; c++) {
            float v = Fp8.toFloat((byte) c);
            if (!Float.isNaN(v)) {
                assertThat(Fp8.of(v)).isEqualTo((byte) c);
            }
        }
        assertThat(Fp8.toFloat(Fp8.of(Float.NaN))).isNaN();
        // ties go to the even code
        assertThat(Fp8.toFloat(Fp8.of(17f))).isEqualTo(16f);
        assertThat(Fp8.toFloat(Fp8.of(19f))).isEqualTo(20f);
    }

    /** Logits of all positions, in steps of 16 rows and of one. */
    private static float[][] logits(Engine e, int[] tokens) {
        return CacheQuality.logits(e, tokens, at -> at % 3 == 0 ? 16 : 1);
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void kernelsAgreeWithTheReference(CacheType type, @TempDir Path folder) {
        new TinyCheckpoint().write(folder);
        int[] tokens = random.ints(90, 0, TinyCheckpoint.VOCABULARY).toArray();
        float[][] expected;
        try (Engine e = Engine.load(folder, options("cpu:reference", type))) {
            expected = logits(e, tokens);
        }
        List<String> others = Devices.present().stream()
                .filter(d -> !d.equals("cpu:reference"))
                .toList();
        assertThat(others).contains("cpu:vector", "cpu:native");
        for (String device : others) {
            try (Engine e = Engine.load(folder, options(device, type))) {
                float[][] got = logits(e, tokens);
                int close = 0;
                for (int r = 0; r < 90; r++) {
                    double worst = 0;
                    for (int i = 0; i < got[r].length; i++) {
                        worst = Math.max(worst, Math.abs(got[r][i] - expected[r][i]));
                    }
                    close += worst < 1e-3 ? 1 : 0;
                }
                // a number that lies between two codes may round to either, and a tie of the indexer may turn
                assertThat(close).as(device).isGreaterThanOrEqualTo(type == CacheType.F32 ? 90 : 80);
            }
        }
    }

    /** With {@code -Dsluice.cases=33} over all recorded prompts: the figures of docs/measurements/caches.md. */
    @Tag("fixtures")
    @ParameterizedTest(name = "{0}: same choice {1}, divergence {2}")
    @CsvSource({"F32, 0.99999, 1e-9", "BF16, 0.99, 0.001", "FP8, 0.95, 0.02"})
    void qualityOnTheDemonstrationModel(CacheType type, double same, double divergence) {
        CacheQuality q =
                CacheQuality.measure(Fixtures.demoModel(), "cpu:native", type, Integer.getInteger("sluice.cases", 4));
        System.out.printf(
                Locale.ROOT,
                "caches %s: %d positions, %.1f %% of the bytes, same token %.2f %%, divergence %.5f%n",
                type,
                q.positions(),
                100 * q.bytes(),
                100 * q.same(),
                q.divergence());
        assertThat(q.bytes()).isLessThan(type == CacheType.F32 ? 1.01 : type == CacheType.BF16 ? 0.51 : 0.36);
        assertThat(q.same()).isGreaterThan(same);
        assertThat(q.divergence()).isLessThan(divergence);
    }

    @Tag("fixtures")
    @Test
    void roundedActivationsStayCloseToFloat32() {
        CacheQuality q = CacheQuality.ofRounding(Fixtures.demoModel(), "cpu:native", 8);
        assertThat(q.same()).isGreaterThan(0.99);
        assertThat(q.divergence()).isLessThan(1e-4);
    }

    @Test
    void sessionsKeepTheirType(@TempDir Path folder) {
        new TinyCheckpoint().write(folder);
        Path file = folder.resolve("fp8.session");
        int[] prompt = random.ints(70, 0, TinyCheckpoint.VOCABULARY).toArray();
        GenerationOptions ten = new GenerationOptions(10, Set.of(), SamplerOptions.GREEDY);
        int[] more;
        try (Engine e = Engine.load(folder, options("cpu:vector", CacheType.FP8));
                Session s = e.newSession()) {
            assertThat(e.memory().latentPerToken()).isEqualTo(2L * CacheType.FP8.rowBytes(8, 4));
            s.generate(prompt, ten, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
            s.save(file);
            more = s.generate(s.conversation(), ten, TokenListener.NONE, ProgressListener.NONE, new CancelToken())
                    .tokens();
        }
        try (Engine e = Engine.load(folder, options("cpu:vector", CacheType.FP8));
                Session s = e.restoreSession(file)) {
            assertThat(s.generate(s.conversation(), ten, TokenListener.NONE, ProgressListener.NONE, new CancelToken())
                            .tokens())
                    .isEqualTo(more);
        }
    }
}
