package org.sluice.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;

class RandomBlocksTest {
    private static final int N = 1 << 19;

    static Stream<DType> types() {
        return Arrays.stream(DType.values()).filter(DType::isReal);
    }

    @ParameterizedTest
    @MethodSource("types")
    void decodedValuesHaveTheChosenDeviationAndNoMean(DType t) {
        for (double sigma : new double[] {0.02, 0.3}) {
            float[] values = new float[N];
            BlockDecoder.of(t).decode(fill(t, sigma, 11, N), 0, N, values, 0);
            double sum = 0;
            double square = 0;
            for (float v : values) {
                assertThat(v).isFinite();
                sum += v;
                square += (double) v * v;
            }
            assertThat(Math.sqrt(square / N)).isBetween(0.93 * sigma, 1.07 * sigma);
            assertThat(Math.abs(sum / N)).isLessThan(0.02 * sigma);
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void theSameSeedGivesTheSameBytes(DType t) {
        byte[] a = bytes(fill(t, 0.02, 5, N));
        assertThat(bytes(fill(t, 0.02, 5, N))).isEqualTo(a);
        assertThat(bytes(fill(t, 0.02, 6, N))).isNotEqualTo(a);
        byte[] shorter = bytes(fill(t, 0.02, 5, N / 2));
        assertThat(Arrays.copyOf(a, shorter.length)).isEqualTo(shorter);
    }

    @Test
    void ternaryCodesAreTernary() {
        float[] values = new float[N];
        BlockDecoder.of(DType.TQ2_0).decode(fill(DType.TQ2_0, 0.02, 1, N), 0, N, values, 0);
        float d = Math.abs(values[0]) > 0 ? Math.abs(values[0]) : Math.abs(values[1]);
        for (float v : values) {
            assertThat(Math.abs(v)).isIn(0f, d);
        }
    }

    @Test
    void badUseIsRefused() {
        assertThatThrownBy(() -> RandomBlocks.of(DType.I32, 1)).isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> RandomBlocks.of(DType.Q4_0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RandomBlocks.of(DType.Q4_0, 1).fill(MemorySegment.ofArray(new byte[17]), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("17", "Q4_0", "18");
    }

    private static MemorySegment fill(DType t, double sigma, long seed, int elements) {
        MemorySegment m = MemorySegment.ofArray(new byte[(int) t.bytes(elements)]);
        RandomBlocks.of(t, sigma).fill(m, seed);
        return m;
    }

    private static byte[] bytes(MemorySegment m) {
        return (byte[]) m.heapBase().orElseThrow();
    }
}
