package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.CacheType;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.model.TinyCheckpoint;

/** Caches of every type: written, scored, selected from and attended to, as the reference does it. */
@ExtendWith(Emulated.class)
class CachedRowsTest {
    private static final int TOKENS = 90;

    private final int[] tokens = new SplittableRandom(Long.getLong("sluice.seed", 20261124L))
            .ints(TOKENS, 0, TinyCheckpoint.VOCABULARY)
            .toArray();

    @TempDir
    private Path folder;

    @BeforeEach
    void writeModel() {
        new TinyCheckpoint().write(folder);
    }

    private float[][] logits(String selector, CacheType type) {
        return logits(selector, type, 0);
    }

    /** Logits of the positions from {@code wanted} on. Steps of one row write the caches behind a product, those of 16 rows in kernels of their own. */
    private float[][] logits(String selector, CacheType type, int wanted) {
        float[][] all = new float[TOKENS][];
        try (OpenModel model = Models.open(folder);
                Device device =
                        Backends.open(DeviceOptions.of(selector).withThreads(1).withExact(true));
                Program program = device.compile(
                        model.model().graph(GraphOptions.DEFAULT.withCaches(type)),
                        new ProgramOptions(16, 16, TinyCheckpoint.CONTEXT));
                Sequence s = program.newSequence()) {
            Step step = new Step(16);
            for (int at = 0; at < TOKENS; ) {
                int n = Math.min(at % 3 == 0 ? 16 : at % 3 == 1 ? 1 : 5, TOKENS - at);
                step.clear().add(s, n);
                int skipped = Math.clamp(wanted - at, 0, n);
                for (int i = skipped; i < n; i++) {
                    step.want(i);
                }
                MemorySegment.copy(tokens, at, program.input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, n);
                program.run(step);
                MemorySegment out = program.output(LanguageModel.LOGITS);
                for (int i = skipped; i < n; i++) {
                    long width = 4L * TinyCheckpoint.VOCABULARY;
                    all[at + i] = out.asSlice(width * (i - skipped), width).toArray(ValueLayout.JAVA_FLOAT);
                }
                at += n;
            }
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void agreeWithTheReference(CacheType type) {
        float[][] expected = logits("cpu:reference", type);
        float[][] got = logits("cuda", type);
        int close = 0;
        for (int r = 0; r < TOKENS; r++) {
            double worst = 0;
            for (int i = 0; i < got[r].length; i++) {
                worst = Math.max(worst, Math.abs(got[r][i] - expected[r][i]));
            }
            close += worst < 1e-3 ? 1 : 0;
        }
        // a number that lies between two codes may round to either, and a tie of the indexer may turn
        assertThat(close).isGreaterThanOrEqualTo(type == CacheType.F32 ? TOKENS : TOKENS - 10);
        Emulated.assertAllFreed();
    }

    /** The last layer computes wanted rows only, none in most steps here, and leaves the same in its caches. */
    @Test
    void rowsThatNobodyWantsLeaveTheSame() {
        float[][] all = logits("cuda", CacheType.F32);
        float[][] some = logits("cuda", CacheType.F32, 70);
        for (int r = 0; r < TOKENS; r++) {
            assertThat(some[r]).as("row %d", r).isEqualTo(r < 70 ? null : all[r]);
        }
        Emulated.assertAllFreed();
    }
}
