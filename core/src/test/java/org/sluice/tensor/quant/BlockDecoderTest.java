package org.sluice.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

class BlockDecoderTest {
    /** Sums of the unpacked values as the origin publishes them: a wrong nibble order or map cannot pass. */
    @ParameterizedTest
    @CsvSource({
        "IQ2_XXS, 05826b5d3e472a3a78f196be62ac78acf81df0f909626e12ab9fa2a5d490dd54",
        "IQ2_XS, 06e47aaca60b4dc1d9b5a3f34540437058a6b142b4d7a59d5ded769b4d1bf1de",
        "IQ2_S, e1aa1473412b0552c2174c30ef22ab4073f6a181b85a17056e8249bd2932fd88",
        "IQ3_XXS, 46e35f5a997efdee6c99ce57854c8a0d4f0ff8ca57e5e8a60c0793ea580acf5d",
        "IQ3_S, bd1af4945a1717c65610b0284e4628b9a1ba3b306fae3a06f6e5f597356e349f",
        "IQ1, 07540ffc1aeaf6ad4d97e96b0fcc765aae39671d4ae4a27bbd0e796fde167c6a"
    })
    void gridsAreThoseOfTheFormat(IqGrid grid, String sha256) throws Exception {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(grid.entries());
        assertThat(HexFormat.of().formatHex(sum)).isEqualTo(sha256);
    }

    @Test
    void fp8HasTheValuesOfTheStandard() {
        assertThat(Fp8.toFloat((byte) 0x01)).isEqualTo(0x1p-9f);
        assertThat(Fp8.toFloat((byte) 0x07)).isEqualTo(7 * 0x1p-9f);
        assertThat(Fp8.toFloat((byte) 0x08)).isEqualTo(0x1p-6f);
        assertThat(Fp8.toFloat((byte) 0x38)).isEqualTo(1f);
        assertThat(Fp8.toFloat((byte) 0xBC)).isEqualTo(-1.5f);
        assertThat(Fp8.toFloat((byte) 0x7E)).isEqualTo(Fp8.MAX);
        assertThat(Fp8.toFloat((byte) 0x7F)).isNaN();
        assertThat(Fp8.toFloat((byte) 0xFF)).isNaN();
        assertThat(Float.floatToRawIntBits(Fp8.toFloat((byte) 0x80))).isEqualTo(0x8000_0000);
    }

    @Test
    void fp8RowIsMultipliedByTheScaleOfItsBlockAlsoAtRaggedEdges() {
        int rows = 5;
        int columns = 7;
        byte[] codes = new byte[2 * rows * columns];
        new Random(3).nextBytes(codes);
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (codes[i] & 0x7F) == 0x7F ? 0 : codes[i];
        }
        // Blocks of 2×3: three rows of blocks, three columns of blocks.
        float[][] scales = new float[2][9];
        for (int i = 0; i < 9; i++) {
            scales[0][i] = 1 + i;
            scales[1][i] = 0.5f * (i + 1);
        }
        Weight w = new Weight(
                "experts",
                DType.F8_E4M3,
                Shape.of(2, rows, columns),
                List.of(
                        MemorySegment.ofArray(codes).asSlice(0, codes.length / 2),
                        MemorySegment.ofArray(codes).asSlice(codes.length / 2)),
                new BlockScales(2, 3, List.of(littleEndian(scales[0]), littleEndian(scales[1]))));
        for (int s = 0; s < 2; s++) {
            for (int r = 0; r < rows; r++) {
                float[] got = Weights.toFloats(w, s, r);
                for (int c = 0; c < columns; c++) {
                    float stored = Fp8.toFloat(codes[(s * rows + r) * columns + c]);
                    assertThat(got[c]).isEqualTo(stored * scales[s][r / 2 * 3 + c / 3]);
                }
            }
        }
    }

    @Test
    void integersHaveNoDecoder() {
        assertThatThrownBy(() -> BlockDecoder.of(DType.I32))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("I32");
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void longRunsDecodeLikeTheirBlocks(DType t) {
        if (!t.isReal()) {
            return;
        }
        int elements = 20 * 256 + 64;
        elements -= elements % t.blockElements();
        byte[] blocks = new byte[(int) t.bytes(elements)];
        new Random(t.ggmlId()).nextBytes(blocks);
        MemorySegment src = MemorySegment.ofArray(blocks);
        float[] whole = new float[elements];
        BlockDecoder.of(t).decode(src, 0, elements, whole, 0);
        int block = t.blockElements();
        float[] single = new float[block];
        for (int e = 0; e < elements; e += block) {
            BlockDecoder.of(t).decode(src, t.bytes(e), block, single, 0);
            assertThat(Arrays.copyOfRange(whole, e, e + block)).isEqualTo(single);
        }
    }

    @Test
    void rangesAreChecked() {
        MemorySegment src = MemorySegment.ofArray(new byte[36]);
        BlockDecoder d = BlockDecoder.of(DType.Q4_0);
        assertThatThrownBy(() -> d.decode(src, 0, 33, new float[64], 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33");
        assertThatThrownBy(() -> d.decode(src, 1, 64, new float[64], 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> d.decode(src, 0, 64, new float[63], 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> d.decode(src, 0, 64, MemorySegment.ofArray(new float[63]), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static MemorySegment littleEndian(float[] values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asFloatBuffer().put(values);
        return MemorySegment.ofArray(b.array());
    }
}
