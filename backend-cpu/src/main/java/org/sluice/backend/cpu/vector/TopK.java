package org.sluice.backend.cpu.vector;

import org.sluice.backend.cpu.runtime.Mem;

/**
 * Selection of the k largest scores by radix: three passes over order-preserving integers find the k-th largest, a last one
 * collects in ascending position. Scalar code; ties go to the smaller position.
 */
final class TopK {
    private static final int[] SHIFTS = {21, 10, 0};
    private static final int[] BITS = {11, 11, 10};
    private static final int BUCKETS = 1 << 11;

    private TopK() {}

    static long scratchBytes() {
        return 4L * BUCKETS;
    }

    static void run(long scores, int n, int k, long out, long histogram) {
        int threshold = 0;
        int wanted = k;
        int fixed = 0;
        for (int pass = 0; pass < SHIFTS.length; pass++) {
            int shift = SHIFTS[pass];
            int buckets = 1 << BITS[pass];
            for (int b = 0; b < buckets; b++) {
                Mem.putInt(histogram + 4L * b, 0);
            }
            for (int s = 0; s < n; s++) {
                int key = key(Mem.getFloat(scores + 4L * s));
                if (pass == 0 || key >>> (32 - fixed) == threshold >>> (32 - fixed)) {
                    long bucket = histogram + 4L * ((key >>> shift) & (buckets - 1));
                    Mem.putInt(bucket, Mem.getInt(bucket) + 1);
                }
            }
            int b = buckets - 1;
            for (; b > 0; b--) {
                int in = Mem.getInt(histogram + 4L * b);
                if (in >= wanted) {
                    break;
                }
                wanted -= in;
            }
            threshold |= b << shift;
            fixed += BITS[pass];
        }
        // wanted is now the number of scores equal to the threshold that belong to the k largest
        int found = 0;
        for (int s = 0; s < n && found < k; s++) {
            int order = Integer.compareUnsigned(key(Mem.getFloat(scores + 4L * s)), threshold);
            if (order > 0 || (order == 0 && wanted-- > 0)) {
                Mem.putInt(out + 4L * found++, s);
            }
        }
    }

    /** An integer whose unsigned order is that of the floats; both zeros give the same. */
    private static int key(float v) {
        int bits = Float.floatToRawIntBits(v + 0f);
        return bits ^ ((bits >> 31) | Integer.MIN_VALUE);
    }
}
