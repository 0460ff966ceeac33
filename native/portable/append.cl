/* Rows of a step into the caches at their positions: norm, rotation, store. One work group a row. */
#include "cache.h"
#include "norm.h"

#define SMALLEST_SCALED 1e-30f

/*
 * Stores elements of the main part, VALUE(i) being element i: all at once, or a group at a time where groups have scales.
 */
#ifdef CACHE_FP8
#define STORE_MAIN(out, n, VALUE) \
    for (int group = 0; group < n; group += CACHE_GROUP) { \
        int end = min_int(n, group + CACHE_GROUP); \
        float most = SMALLEST_SCALED; \
        for (int i = group + ITEM; i < end; i += GROUP) { \
            float v = VALUE(i); \
            v = v < 0.0f ? -v : v; \
            most = v > most ? v : most; \
        } \
        float scale = group_max(most, scratch) / LARGEST_E4M3; \
        for (int i = group + ITEM; i < end; i += GROUP) { \
            store_cached(out, i, VALUE(i), scale); \
        } \
        if (ITEM == 0) { \
            store_cache_scale(out, n, group, scale); \
        } \
    }
#else
#define STORE_MAIN(out, n, VALUE) \
    for (int i = ITEM; i < n; i += GROUP) { \
        store_cached(out, i, VALUE(i), 1.0f); \
    }
#endif

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
    GLOBAL const float *row = x + (long)r * (latent + 2 * pairs);
    GLOBAL uchar *out = stored_row(
            page_table(r, step), position_of(r, step), CACHE_ROW_BYTES(latent, 2 * pairs), SLABS_ARGUMENTS, step);
    float factor = rms_factor(row, latent, epsilon, scratch);
#define LATENT(i) (row[i] * factor * w[i])
    STORE_MAIN(out, latent, LATENT)
    GLOBAL const float *angles = angles_of(r, rotation, pairs, step);
    for (int i = ITEM; i < pairs; i += GROUP) {
        float c = angles[2 * i], s = angles[2 * i + 1];
        float a = row[latent + pair_first(i, splitHalves)], b = row[latent + pair_second(i, splitHalves, pairs)];
        store_cached_rotated(out, latent, pair_first(i, splitHalves), a * c - b * s);
        store_cached_rotated(out, latent, pair_second(i, splitHalves, pairs), a * s + b * c);
    }
}

FN float normed(GLOBAL const float *row, GLOBAL const float *w, GLOBAL const float *b, float mean, float factor, int i) {
    return FMA((row[i] - mean) * factor, w[i], b[i]);
}

/* Element i of rope(layerNorm(x), p), rope on the first elements. */
FN float index_key(
        GLOBAL const float *row, GLOBAL const float *w, GLOBAL const float *b, float mean, float factor, int i, int pairs,
        int splitHalves, GLOBAL const float *angles) {
    if (i >= 2 * pairs) {
        return normed(row, w, b, mean, factor, i);
    }
    int pair = splitHalves ? i % pairs : i / 2;
    float c = angles[2 * pair], s = angles[2 * pair + 1];
    float first = normed(row, w, b, mean, factor, pair_first(pair, splitHalves));
    float second = normed(row, w, b, mean, factor, pair_second(pair, splitHalves, pairs));
    return i == pair_first(pair, splitHalves) ? first * c - second * s : first * s + second * c;
}

/* cache[p] = rope(layerNorm(x), p) */
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
    GLOBAL uchar *out =
            stored_row(page_table(r, step), position_of(r, step), CACHE_ROW_BYTES(width, 0), SLABS_ARGUMENTS, step);
    float mean = group_mean(row, width, scratch);
    float factor = layer_factor(row, mean, width, epsilon, scratch);
    GLOBAL const float *angles = angles_of(r, rotation, pairs, step);
#define INDEX_KEY(i) index_key(row, w, b, mean, factor, i, pairs, splitHalves, angles)
    STORE_MAIN(out, width, INDEX_KEY)
}
