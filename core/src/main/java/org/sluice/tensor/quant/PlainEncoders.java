package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.putI32;
import static org.sluice.tensor.quant.Bytes.putU16;

/** Unquantised types, rounded to the nearest, ties to even. */
final class PlainEncoders {
    private PlainEncoders() {}

    static void f32(float[] x, float[] w, int blocks, byte[] out) {
        for (int i = 0; i < blocks; i++) {
            putI32(out, 4 * i, Float.floatToRawIntBits(x[i]));
        }
    }

    static void f16(float[] x, float[] w, int blocks, byte[] out) {
        for (int i = 0; i < blocks; i++) {
            putU16(out, 2 * i, Float.floatToFloat16(x[i]));
        }
    }

    static void bf16(float[] x, float[] w, int blocks, byte[] out) {
        for (int i = 0; i < blocks; i++) {
            int bits = Float.floatToRawIntBits(x[i]);
            // Rounding a NaN could carry into the sign; it keeps its upper half and stays quiet instead.
            int rounded = Float.isNaN(x[i]) ? bits >>> 16 | 0x40 : (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
            putU16(out, 2 * i, rounded);
        }
    }
}
