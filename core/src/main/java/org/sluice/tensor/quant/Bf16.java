package org.sluice.tensor.quant;

/** bfloat16: the upper half of a float32. */
public final class Bf16 {
    private Bf16() {}

    /** The nearest value, ties to even; a NaN stays one. */
    public static short of(float v) {
        int bits = Float.floatToRawIntBits(v);
        // Rounding a NaN could carry into the sign; it keeps its upper half and stays quiet instead.
        return (short) (Float.isNaN(v) ? bits >>> 16 | 0x40 : (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
    }
}
