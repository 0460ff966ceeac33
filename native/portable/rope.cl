/* Rotary position embedding of a part of every head; the rest passes through. */
#include "step.h"

KERNEL apply_rope(
        GLOBAL const float *RESTRICT x,
        GLOBAL float *RESTRICT y,
        int heads,
        int headWidth,
        int offset,
        int pairs,
        int splitHalves,
        int rotation,
        STEP) {
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, step[0]);
    GLOBAL const float *angles = angles_of(r, rotation, pairs, step);
    long at = (long)r * heads * headWidth;
    for (int i = ITEM; i < heads * headWidth; i += GROUP) {
        int e = i % headWidth - offset;
        if (e < 0 || e >= 2 * pairs) {
            y[at + i] = x[at + i];
        }
    }
    for (int p = ITEM; p < heads * pairs; p += GROUP) {
        int i = p % pairs;
        long head = at + (long)(p / pairs) * headWidth + offset;
        float c = angles[2 * i], s = angles[2 * i + 1];
        float a = x[head + pair_first(i, splitHalves)], b = x[head + pair_second(i, splitHalves, pairs)];
        y[head + pair_first(i, splitHalves)] = a * c - b * s;
        y[head + pair_second(i, splitHalves, pairs)] = a * s + b * c;
    }
}
