package org.sluice.tensor.quant;

/** Half-precision scales. */
final class Halves {
    private static final float MAX = 65504;

    private Halves() {}

    /** The finite half-precision number nearest to {@code v}; never −0, which would give a block of zeros signs. */
    static float round(float v) {
        return Float.float16ToFloat(Float.floatToFloat16(Math.clamp(v, -MAX, MAX))) + 0f;
    }
}
