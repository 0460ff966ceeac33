package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.i32;
import static org.sluice.tensor.quant.Bytes.u16;
import static org.sluice.tensor.quant.Bytes.u8;

/** Unquantised types; a block is one element. */
final class PlainBlocks {
    private static final float[] E4M3 = Fp8.table();

    private PlainBlocks() {}

    static void f32(byte[] in, int blocks, float[] out, int to) {
        for (int i = 0; i < blocks; i++) {
            out[to + i] = Float.intBitsToFloat(i32(in, 4 * i));
        }
    }

    static void f16(byte[] in, int blocks, float[] out, int to) {
        for (int i = 0; i < blocks; i++) {
            out[to + i] = half(in, 2 * i);
        }
    }

    static void bf16(byte[] in, int blocks, float[] out, int to) {
        for (int i = 0; i < blocks; i++) {
            out[to + i] = Float.intBitsToFloat(u16(in, 2 * i) << 16);
        }
    }

    static void f8e4m3(byte[] in, int blocks, float[] out, int to) {
        for (int i = 0; i < blocks; i++) {
            out[to + i] = E4M3[u8(in, i)];
        }
    }
}
