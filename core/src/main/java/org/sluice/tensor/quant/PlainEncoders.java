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
            putU16(out, 2 * i, Bf16.of(x[i]));
        }
    }
}
