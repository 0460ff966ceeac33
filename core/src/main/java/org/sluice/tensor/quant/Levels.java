package org.sluice.tensor.quant;

/** The values that the codes of a format stand for before they are scaled; code 0 is the lowest. */
abstract sealed class Levels {
    /** The 16 levels of IQ4. */
    static final Levels IQ4 = new Iq4();

    /** Code of the level nearest to {@code v}. */
    abstract int code(float v);

    /** Level of a code. */
    abstract float level(int code);

    /** Number of codes. */
    abstract int count();

    /** The integers {@code −n} to {@code n − 1}. */
    static Levels integers(int n) {
        return new Integers(n);
    }

    private static final class Integers extends Levels {
        private final int n;

        Integers(int n) {
            this.n = n;
        }

        @Override
        int code(float v) {
            // Truncation rounds to the nearest once everything is positive.
            return Math.clamp((int) (v + (n + 0.5f)), 0, 2 * n - 1);
        }

        @Override
        float level(int code) {
            return code - n;
        }

        @Override
        int count() {
            return 2 * n;
        }
    }

    private static final class Iq4 extends Levels {
        /** Codes of the half integers from −128 on: all midpoints between levels are half integers. */
        private static final byte[] CODES = new byte[512];

        static {
            int code = 0;
            for (int i = 0; i < CODES.length; i++) {
                float v = (i - 256) / 2f;
                while (code < 15 && v >= (Codebooks.IQ4[code] + Codebooks.IQ4[code + 1]) / 2f) {
                    code++;
                }
                CODES[i] = (byte) code;
            }
        }

        @Override
        int code(float v) {
            return CODES[Math.clamp((int) (2 * v + 256), 0, 511)];
        }

        @Override
        float level(int code) {
            return Codebooks.IQ4[code];
        }

        @Override
        int count() {
            return 16;
        }
    }
}
