package org.sluice.natives;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.sluice.natives.jextract.SluiceCpu.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bindings reach the kernels with the right arguments; what the kernels compute is tested in C. */
class CpuLibraryTest {
    @Test
    void loadsOrSaysWhyNot() {
        CpuLibrary library = CpuLibrary.load();
        assertThat(library.reason()).isNotBlank();
        assertThat(library.available()).isEqualTo(!library.variant().isEmpty());
    }

    @Test
    void multipliesThroughTheBindings() {
        assumeTrue(CpuLibrary.load().available(), CpuLibrary.load().reason());
        int rows = 3, columns = 70, outs = 21;
        Random random = new Random(5);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment w = floats(arena, random, outs * columns), x = floats(arena, random, rows * columns);
            int kind = sluice_activation_kind(SLUICE_F32, SLUICE_EXACT);
            MemorySegment prepared = arena.allocate(rows * sluice_activation_bytes(kind, columns), 64);
            MemorySegment scratch = arena.allocate(sluice_scratch_bytes(), 64);
            MemorySegment y = arena.allocate(4L * rows * outs, 64);
            sluice_prepare_rows(kind, x.address(), columns, rows, columns, prepared.address());
            sluice_matmul(
                    SLUICE_F32,
                    SLUICE_EXACT,
                    w.address(),
                    4L * columns,
                    0,
                    prepared.address(),
                    rows,
                    columns,
                    y.address(),
                    outs,
                    2,
                    outs,
                    scratch.address());
            for (int r = 0; r < rows; r++) {
                assertThat(y.getAtIndex(JAVA_FLOAT, (long) r * outs))
                        .as("outside the range")
                        .isZero();
                for (int o = 2; o < outs; o++) {
                    double want = 0;
                    for (int k = 0; k < columns; k++) {
                        want += (double) x.getAtIndex(JAVA_FLOAT, (long) r * columns + k)
                                * w.getAtIndex(JAVA_FLOAT, (long) o * columns + k);
                    }
                    assertThat((double) y.getAtIndex(JAVA_FLOAT, (long) r * outs + o))
                            .isCloseTo(want, within(1e-4));
                }
            }
        }
    }

    @Test
    void selectsAndAttendsThroughTheBindings() {
        assumeTrue(CpuLibrary.load().available(), CpuLibrary.load().reason());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scratch = arena.allocate(sluice_scratch_bytes(), 64);
            MemorySegment scores = arena.allocateFrom(JAVA_FLOAT, 1, 3, 2, 3, -1);
            MemorySegment selected = arena.allocate(JAVA_INT, 3);
            assertThat(sluice_select_top_k(scores.address(), 5, 2, selected.address(), scratch.address()))
                    .isEqualTo(2);
            assertThat(selected.getAtIndex(JAVA_INT, 0)).isEqualTo(1);
            assertThat(selected.getAtIndex(JAVA_INT, 1)).isEqualTo(3);
            assertThat(sluice_arg_max(scores.address(), 5)).isEqualTo(1);

            // One position: whatever the score, its latent part comes back.
            MemorySegment row = arena.allocateFrom(JAVA_FLOAT, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
            MemorySegment pages = arena.allocateFrom(JAVA_LONG, row.address());
            MemorySegment cache = arena.allocateFrom(JAVA_LONG, pages.address(), 4, 40, SLUICE_CACHE_F32, 0);
            MemorySegment query = arena.allocate(JAVA_FLOAT, 10), out = arena.allocate(JAVA_FLOAT, 8);
            sluice_latent_attention(
                    SLUICE_EXACT,
                    query.address(),
                    10,
                    cache.address(),
                    0,
                    1,
                    8,
                    2,
                    1f,
                    0,
                    1,
                    out.address(),
                    8,
                    scratch.address());
            for (int i = 0; i < 8; i++) {
                assertThat(out.getAtIndex(JAVA_FLOAT, i)).isEqualTo(i + 1f);
            }
        }
    }

    private static MemorySegment floats(Arena arena, Random random, int n) {
        MemorySegment s = arena.allocate(4L * n, 64);
        for (int i = 0; i < n; i++) {
            s.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return s;
    }
}
