/* Selections: the positions with the largest scores, the largest logits. One work group a row. */
#include "select.h"
#include "step.h"

KERNEL select_top_k(GLOBAL const float *RESTRICT scores, GLOBAL int *RESTRICT y, int k, STEP) {
    LOCAL_ARRAY(int, histogram, 256);
    LOCAL_ARRAY(int, greater, GROUP);
    LOCAL_ARRAY(int, equal, GROUP);
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, step[0]);
    int n = position_of(r, step) + 1;
    GLOBAL int *out = y + (long)r * k;
    if (n <= k) {
        for (int i = ITEM; i < k; i += GROUP) {
            out[i] = i < n ? i : -1;
        }
    } else {
        select_largest(scores + (long)r * step[2], n, k, out, histogram, greater, equal);
    }
}

/* Largest first, the smaller index first among equals. */
KERNEL top_logits(
        GLOBAL const float *RESTRICT x, GLOBAL int *ids, GLOBAL float *RESTRICT values, GLOBAL int *scratch, int n, int k,
        int symbol, STEP) {
    LOCAL_ARRAY(int, histogram, 256);
    LOCAL_ARRAY(int, greater, GROUP);
    LOCAL_ARRAY(int, equal, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    GLOBAL const float *row = x + (long)GROUP_X * n;
    GLOBAL int *out = ids + (long)GROUP_X * k;
    GLOBAL int *chosen = scratch + (long)GROUP_X * k; /* in ascending order of index */
    if (k < n) {
        select_largest(row, n, k, chosen, histogram, greater, equal);
    } else {
        for (int i = ITEM; i < n; i += GROUP) {
            chosen[i] = i;
        }
        BARRIER();
    }
    for (int i = ITEM; i < k; i += GROUP) {
        uint v = order_of(row[chosen[i]]);
        int rank = 0;
        _Pragma("unroll 1") for (int j = 0; j < k; j++) {
            uint u = order_of(row[chosen[j]]);
            rank += u > v || (u == v && j < i);
        }
        out[rank] = chosen[i];
    }
    BARRIER();
    for (int i = ITEM; i < k; i += GROUP) {
        values[(long)GROUP_X * k + i] = row[out[i]];
    }
}
