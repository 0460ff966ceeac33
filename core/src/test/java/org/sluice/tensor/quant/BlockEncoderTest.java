package org.sluice.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;

class BlockEncoderTest {
    private static final int N = 16 * 256;

    static Stream<DType> types() {
        return BlockEncoder.types().stream();
    }

    static Stream<DType> quantised() {
        return types().filter(DType::isQuantised);
    }

    /** Root mean square error over root mean square of normally distributed values whose spread changes along the row. */
    @ParameterizedTest
    @CsvSource({
        "F32, 0",
        "F16, 0.0003",
        "BF16, 0.0018",
        "Q8_0, 0.0058",
        "Q6_K, 0.0180",
        "Q5_1, 0.0350",
        "Q5_K, 0.0360",
        "Q5_0, 0.0420",
        "Q4_1, 0.0720",
        "Q4_K, 0.0725",
        "IQ4_NL, 0.0760",
        "IQ4_XS, 0.0770",
        "Q4_0, 0.0840",
        "Q3_K, 0.1480",
        "Q2_K, 0.2700"
    })
    void roundTripStaysWithinItsBound(DType t, double bound) {
        for (int seed = 0; seed < 3; seed++) {
            float[] x = values(seed);
            assertThat(Math.sqrt(error(x, roundTrip(t, x, null), null) / error(x, new float[N], null)))
                    .isBetween(bound * 0.5, bound);
        }
    }

    @Test
    void theSearchBeatsPlainRounding() {
        for (int seed = 0; seed < 3; seed++) {
            float[] x = values(seed);
            double plain = error(x, plainQ4K(x), null);
            assertThat(error(x, roundTrip(DType.Q4_K, x, null), null)).isLessThan(0.85 * plain);
            double plainSymmetric = error(x, plainQ4(x), null);
            assertThat(error(x, roundTrip(DType.Q4_0, x, null), null)).isLessThan(0.92 * plainSymmetric);
        }
    }

    @ParameterizedTest
    @MethodSource("quantised")
    void importanceLowersTheWeightedError(DType t) {
        if (t == DType.Q8_0) {
            return;
        }
        float[] x = values(5);
        Random random = new Random(9);
        float[] importance = new float[N];
        for (int i = 0; i < N; i++) {
            importance[i] = (float) (1e-6 * Math.exp(2 * random.nextGaussian()));
        }
        double without = error(x, roundTrip(t, x, null), importance);
        double with = error(x, roundTrip(t, x, importance), importance);
        assertThat(with).isLessThan(0.8 * without);
    }

    @ParameterizedTest
    @MethodSource("quantised")
    void noImportanceAtAllIsEqualImportance(DType t) {
        float[] x = values(6);
        assertThat(roundTrip(t, x, new float[N])).isEqualTo(roundTrip(t, x, null));
        float[] sevens = new float[N];
        Arrays.fill(sevens, 7);
        assertThat(roundTrip(t, x, sevens)).isEqualTo(roundTrip(t, x, null));
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyBlockIsEncodedByItself(DType t) {
        float[] x = values(7);
        BlockEncoder e = BlockEncoder.of(t);
        byte[] whole = new byte[(int) t.bytes(N)];
        e.encode(x, 0, N, null, MemorySegment.ofArray(whole), 0);
        byte[] parts = new byte[whole.length];
        int block = t.blockElements();
        for (int i = 0; i < N; i += block) {
            e.encode(x, i, block, null, MemorySegment.ofArray(parts), t.bytes(i));
        }
        assertThat(parts).isEqualTo(whole);
    }

    @ParameterizedTest
    @MethodSource("types")
    void memoryAndArrayGiveTheSame(DType t) {
        float[] x = values(8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment f32 = arena.allocate(4L * N + 3);
            MemorySegment.copy(x, 0, f32, ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 3, N);
            MemorySegment dst = arena.allocate(t.bytes(N) + 1);
            BlockEncoder.of(t).encode(f32, 3, N, null, dst, 1);
            byte[] expected = new byte[(int) t.bytes(N)];
            BlockEncoder.of(t).encode(x, 0, N, null, MemorySegment.ofArray(expected), 0);
            assertThat(dst.asSlice(1).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("quantised")
    void extremesStayFinite(DType t) {
        float[] zeros = new float[N];
        assertThat(roundTrip(t, zeros, null)).containsOnly(0f);
        // Constant, one-sided, single spike, too small and too large for half-precision scales.
        for (float v : new float[] {1, -1, 0.3f, 1e-9f, -1e-30f, 1e9f, -3e38f}) {
            float[] constant = new float[N];
            Arrays.fill(constant, v);
            float[] spike = new float[N];
            spike[300] = v;
            for (float[] x : new float[][] {constant, spike}) {
                float[] got = roundTrip(t, x, null);
                for (int i = 0; i < N; i++) {
                    assertThat(got[i]).isFinite();
                }
                if (Math.abs(v) >= 0.3f && Math.abs(v) <= 1) {
                    assertThat(error(x, got, null) / error(x, zeros, null)).isLessThan(0.02);
                }
            }
        }
    }

    @Test
    void brainFloatsRoundToTheNearestTiesToEven() {
        assertThat(bf16(0x3F80_8000)).isEqualTo(0x3F80);
        assertThat(bf16(0x3F81_8000)).isEqualTo(0x3F82);
        assertThat(bf16(0x3F80_8001)).isEqualTo(0x3F81);
        assertThat(bf16(0xBF80_7FFF)).isEqualTo(0xBF80);
        assertThat(bf16(0x7F7F_FFFF)).isEqualTo(0x7F80);
        assertThat(bf16(0x7FFF_FFFF)).isEqualTo(0x7FFF);
        assertThat(bf16(0x7F80_0001)).isEqualTo(0x7FC0);
        assertThat(bf16(0xFF80_0000)).isEqualTo(0xFF80);
    }

    private static int bf16(int bits) {
        byte[] out = new byte[2];
        BlockEncoder.of(DType.BF16)
                .encode(new float[] {Float.intBitsToFloat(bits)}, 0, 1, null, MemorySegment.ofArray(out), 0);
        return (out[0] & 0xFF) | (out[1] & 0xFF) << 8;
    }

    @Test
    void whatCannotBeEncodedIsRefused() {
        assertThatThrownBy(() -> BlockEncoder.of(DType.IQ2_XXS))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContainingAll("IQ2_XXS", "Q4_K");
        assertThat(BlockEncoder.types()).containsAll(Set.of(DType.Q8_0, DType.Q4_K, DType.IQ4_XS, DType.BF16));
        BlockEncoder e = BlockEncoder.of(DType.Q4_0);
        MemorySegment dst = MemorySegment.ofArray(new byte[18]);
        float[] x = new float[32];
        assertThatThrownBy(() -> e.encode(x, 0, 31, null, dst, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> e.encode(x, 1, 32, null, dst, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> e.encode(x, 0, 32, null, dst, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        float[] minus = new float[32];
        minus[3] = -1;
        assertThatThrownBy(() -> e.encode(x, 0, 32, minus, dst, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("importance 3");
        x[7] = Float.NaN;
        assertThatThrownBy(() -> e.encode(x, 0, 32, null, dst, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("value 7", "NaN", "Q4_0");
    }

    private static float[] values(int seed) {
        Random random = new Random(seed);
        float[] x = new float[N];
        for (int i = 0; i < N; i++) {
            x[i] = (float) (random.nextGaussian() * 0.02 * (1 + 0.5 * Math.sin(i / 97.0)));
        }
        return x;
    }

    private static float[] roundTrip(DType t, float[] x, float @Nullable [] importance) {
        byte[] blocks = new byte[(int) t.bytes(N)];
        BlockEncoder.of(t).encode(x, 0, N, importance, MemorySegment.ofArray(blocks), 0);
        float[] out = new float[N];
        BlockDecoder.of(t).decode(MemorySegment.ofArray(blocks), 0, N, out, 0);
        return out;
    }

    private static double error(float[] x, float[] got, float @Nullable [] w) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double d = (double) x[i] - got[i];
            sum += d * d * (w == null ? 1 : w[i]);
        }
        return sum;
    }

    /** Q4_K without a search: range of each group, scales and minima rounded to six bits. */
    private static float[] plainQ4K(float[] x) {
        float[] out = new float[x.length];
        for (int b = 0; b < x.length; b += 256) {
            float[] scale = new float[8];
            float[] min = new float[8];
            for (int j = 0; j < 8; j++) {
                float low = 0;
                float high = 0;
                for (int i = b + 32 * j; i < b + 32 * j + 32; i++) {
                    low = Math.min(low, x[i]);
                    high = Math.max(high, x[i]);
                }
                scale[j] = (high - low) / 15;
                min[j] = -low;
            }
            float d = max(scale) / 63;
            float dmin = max(min) / 63;
            for (int i = b; i < b + 256; i++) {
                int j = (i - b) / 32;
                float s = d * Math.round(scale[j] / d);
                float m = dmin * Math.round(min[j] / dmin);
                out[i] = s * Math.clamp(Math.round((x[i] + m) / s), 0, 15) - m;
            }
        }
        return out;
    }

    /** Q4_0 without a search: the largest element gets code −8. */
    private static float[] plainQ4(float[] x) {
        float[] out = new float[x.length];
        for (int b = 0; b < x.length; b += 32) {
            float extreme = 0;
            for (int i = b; i < b + 32; i++) {
                extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
            }
            float d = extreme / -8;
            for (int i = b; i < b + 32; i++) {
                out[i] = d * Math.clamp(Math.round(x[i] / d), -8, 7);
            }
        }
        return out;
    }

    private static float max(float[] v) {
        float max = 0;
        for (float f : v) {
            max = Math.max(max, f);
        }
        return max;
    }
}
