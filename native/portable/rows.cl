/* Operations that treat every row by itself: one work group a row. */
#include "norm.h"
#include "step.h"

/* y = a + b */
KERNEL add_rows(GLOBAL const float *RESTRICT a, GLOBAL const float *RESTRICT b, GLOBAL float *RESTRICT y, int n,
        int symbol, STEP) {
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    long at = (long)GROUP_X * n;
    for (int i = ITEM; i < n; i += GROUP) {
        y[at + i] = a[at + i] + b[at + i];
    }
}

/* y = gate * sigmoid(gate) * up */
KERNEL swiglu(GLOBAL const float *RESTRICT gate, GLOBAL const float *RESTRICT up, GLOBAL float *RESTRICT y, int n,
        int symbol, STEP) {
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    long at = (long)GROUP_X * n;
    for (int i = ITEM; i < n; i += GROUP) {
        y[at + i] = silu(gate[at + i]) * up[at + i];
    }
}

/* y = a ++ b */
KERNEL concat(
        GLOBAL const float *RESTRICT a, GLOBAL const float *RESTRICT b, GLOBAL float *RESTRICT y, int n, int m,
        int symbol, STEP) {
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    int r = GROUP_X;
    GLOBAL float *out = y + (long)r * (n + m);
    for (int i = ITEM; i < n; i += GROUP) {
        out[i] = a[(long)r * n + i];
    }
    for (int i = ITEM; i < m; i += GROUP) {
        out[n + i] = b[(long)r * m + i];
    }
}

/* y[o] = x[row of output o] */
KERNEL gather_rows(GLOBAL const float *RESTRICT x, GLOBAL float *RESTRICT y, int n, STEP) {
    LEAVE_ROWS_BEHIND(GROUP_X, step[1]);
    long from = (long)output_row(GROUP_X, step) * n;
    long to = (long)GROUP_X * n;
    for (int i = ITEM; i < n; i += GROUP) {
        y[to + i] = x[from + i];
    }
}

/* y = x / sqrt(mean(x^2) + eps) * w */
KERNEL rms_norm(
        GLOBAL const float *RESTRICT x, GLOBAL const float *RESTRICT w, GLOBAL float *RESTRICT y, int n, float epsilon,
        int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    long at = (long)GROUP_X * n;
    float factor = rms_factor(x + at, n, epsilon, scratch);
    for (int i = ITEM; i < n; i += GROUP) {
        y[at + i] = x[at + i] * factor * w[i];
    }
}

/* y = (x - mean) / sqrt(variance + eps) * w + b */
KERNEL layer_norm(
        GLOBAL const float *RESTRICT x,
        GLOBAL const float *RESTRICT w,
        GLOBAL const float *RESTRICT b,
        GLOBAL float *RESTRICT y,
        int n,
        float epsilon,
        int symbol,
        STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    long at = (long)GROUP_X * n;
    float mean = group_mean(x + at, n, scratch);
    float factor = layer_factor(x + at, mean, n, epsilon, scratch);
    for (int i = ITEM; i < n; i += GROUP) {
        y[at + i] = FMA((x[at + i] - mean) * factor, w[i], b[i]);
    }
}

/* Largest element of each row, the smaller index among equals. */
KERNEL arg_max(GLOBAL const float *RESTRICT x, GLOBAL int *RESTRICT y, int n, int symbol, STEP) {
    LOCAL_ARRAY(float, values, GROUP);
    LOCAL_ARRAY(int, indices, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_X, extent(symbol, step));
    GLOBAL const float *row = x + (long)GROUP_X * n;
    float best = NEGATIVE_INFINITY;
    int at = n;
    for (int i = ITEM; i < n; i += GROUP) {
        if (row[i] > best || at == n) {
            best = row[i];
            at = i;
        }
    }
    values[ITEM] = best;
    indices[ITEM] = at;
    BARRIER();
    if (ITEM == 0) {
        for (int i = 1; i < GROUP; i++) {
            if (indices[i] < n && (values[i] > best || (values[i] == best && indices[i] < at))) {
                best = values[i];
                at = indices[i];
            }
        }
        y[GROUP_X] = at;
    }
}
