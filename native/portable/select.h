/*
 * The k largest of a row by one work group, the smaller index among equals: four rounds of a histogram over bytes find the k-th
 * largest, then every work item copies from its own run of the row, so the result is ascending and the same on every device.
 */
#ifndef SLUICE_SELECT_H
#define SLUICE_SELECT_H

#include "dialect.h"

/* unsigned order of the result is the order of the floats; both zeros are one */
FN uint order_of(float x) {
    uint bits = (uint)AS_INT(x == 0.0f ? 0.0f : x);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* Writes the indices of the k largest of x[0 .. n), ascending; n > k > 0. */
FN void select_largest(
        GLOBAL const float *x, int n, int k, GLOBAL int *out, LOCAL int *histogram, LOCAL int *greater, LOCAL int *equal) {
    uint threshold = 0;
    int wanted = k; /* of the elements that share the threshold's known bytes */
    for (int shift = 24; shift >= 0; shift -= 8) {
        for (int i = ITEM; i < 256; i += GROUP) {
            histogram[i] = 0;
        }
        BARRIER();
        uint known = shift == 24 ? 0u : 0xffffffffu << (shift + 8);
        for (int i = ITEM; i < n; i += GROUP) {
            uint v = order_of(x[i]);
            if ((v & known) == threshold) {
#if GROUP == 1
                histogram[v >> shift & 255]++;
#else
                COUNT_LOCAL(&histogram[v >> shift & 255]);
#endif
            }
        }
        BARRIER();
        int bin = 255;
        while (histogram[bin] < wanted) {
            wanted -= histogram[bin];
            bin--;
        }
        threshold |= (uint)bin << shift;
        BARRIER();
    }
    int run = (n + GROUP - 1) / GROUP;
    int first = min_int(n, ITEM * run), last = min_int(n, first + run);
    int above = 0, same = 0;
    for (int i = first; i < last; i++) {
        uint v = order_of(x[i]);
        above += v > threshold;
        same += v == threshold;
    }
    greater[ITEM] = above;
    equal[ITEM] = same;
    BARRIER();
    above = 0;
    same = 0;
    for (int i = 0; i < ITEM; i++) {
        above += greater[i];
        same += equal[i];
    }
    for (int i = first; i < last; i++) {
        uint v = order_of(x[i]);
        if (v > threshold) {
            out[above + min_int(same, wanted)] = i;
            above++;
        } else if (v == threshold) {
            if (same < wanted) {
                out[above + same] = i;
            }
            same++;
        }
    }
    BARRIER();
}

#endif
