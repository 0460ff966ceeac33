/* Rows of a step into the caches at their positions: norm, rotation, store. One work group a row. */
#include "norm.h"
#include "step.h"

/* cache[p] = rmsNorm(x[0 : latent]) ++ rope(x[latent :], p) */
KERNEL append_latent(
        GLOBAL const float *RESTRICT x,
        GLOBAL const float *RESTRICT w,
        float epsilon,
        int latent,
        int pairs,
        int splitHalves,
        int rotation,
        SLABS,
        STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, step[0]);
    int width = latent + 2 * pairs;
    GLOBAL const float *row = x + (long)r * width;
    GLOBAL float *out = cache_row(page_table(r, step), position_of(r, step), width, SLABS_ARGUMENTS, step);
    float factor = rms_factor(row, latent, epsilon, scratch);
    for (int i = ITEM; i < latent; i += GROUP) {
        out[i] = row[i] * factor * w[i];
    }
    GLOBAL const float *angles = angles_of(r, rotation, pairs, step);
    for (int i = ITEM; i < pairs; i += GROUP) {
        float c = angles[2 * i], s = angles[2 * i + 1];
        float a = row[latent + pair_first(i, splitHalves)], b = row[latent + pair_second(i, splitHalves, pairs)];
        out[latent + pair_first(i, splitHalves)] = a * c - b * s;
        out[latent + pair_second(i, splitHalves, pairs)] = a * s + b * c;
    }
}

FN float normed(GLOBAL const float *row, GLOBAL const float *w, GLOBAL const float *b, float mean, float factor, int i) {
    return FMA((row[i] - mean) * factor, w[i], b[i]);
}

/* cache[p] = rope(layerNorm(x), p), rope on the first elements */
KERNEL append_index_key(
        GLOBAL const float *RESTRICT x,
        GLOBAL const float *RESTRICT w,
        GLOBAL const float *RESTRICT b,
        float epsilon,
        int width,
        int pairs,
        int splitHalves,
        int rotation,
        SLABS,
        STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, step[0]);
    GLOBAL const float *row = x + (long)r * width;
    GLOBAL float *out = cache_row(page_table(r, step), position_of(r, step), width, SLABS_ARGUMENTS, step);
    float mean = group_mean(row, width, scratch);
    float factor = layer_factor(row, mean, width, epsilon, scratch);
    for (int i = 2 * pairs + ITEM; i < width; i += GROUP) {
        out[i] = normed(row, w, b, mean, factor, i);
    }
    GLOBAL const float *angles = angles_of(r, rotation, pairs, step);
    for (int i = ITEM; i < pairs; i += GROUP) {
        float c = angles[2 * i], s = angles[2 * i + 1];
        float first = normed(row, w, b, mean, factor, pair_first(i, splitHalves));
        float second = normed(row, w, b, mean, factor, pair_second(i, splitHalves, pairs));
        out[pair_first(i, splitHalves)] = first * c - second * s;
        out[pair_second(i, splitHalves, pairs)] = first * s + second * c;
    }
}
