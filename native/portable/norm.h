/* Norms of one vector by one work group; every work item gets the same factor. */
#ifndef SLUICE_NORM_H
#define SLUICE_NORM_H

#include "sums.h"

/* 1 / sqrt(mean(x^2) + eps) */
FN float rms_factor(GLOBAL const float *x, int n, float epsilon, LOCAL float *scratch) {
    float squares = group_sum(dot_part(x, x, n, ITEM, GROUP), scratch);
    return 1.0f / sqrt(squares / (float)n + epsilon);
}

FN float group_mean(GLOBAL const float *x, int n, LOCAL float *scratch) {
    f32x16 sum = splat16(0.0f);
    int full = n / 16;
    for (int u = ITEM; u < full; u += GROUP) {
        sum = sum + load_f32x16(x + 16 * u);
    }
    if (n % 16 && full % GROUP == ITEM) {
        sum = sum + load_part_f32x16(x + 16 * full, n % 16);
    }
    return group_sum(sum16(sum), scratch) / (float)n;
}

/* 1 / sqrt(variance(x) + eps), deviations taken from the mean rather than the mean square less the squared mean */
FN float layer_factor(GLOBAL const float *x, float mean, int n, float epsilon, LOCAL float *scratch) {
    f32x16 sum = splat16(0.0f);
    int full = n / 16;
    for (int u = ITEM; u < full; u += GROUP) {
        f32x16 d = load_f32x16(x + 16 * u) - splat16(mean);
        sum = fma16(d, d, sum);
    }
    float rest = 0.0f;
    for (int i = 16 * full + ITEM; i < n; i += GROUP) {
        float d = x[i] - mean;
        rest = FMA(d, d, rest);
    }
    return 1.0f / sqrt(group_sum(sum16(sum) + rest, scratch) / (float)n + epsilon);
}

#endif
