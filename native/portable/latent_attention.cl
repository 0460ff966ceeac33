/*
 * Attention of absorbed queries over the latent cache: all positions up to a row's own, or a selection. One work group a row
 * and head. Positions are taken in chunks; what was summed so far is rescaled when a chunk brings a larger score (Milakov and
 * Gimelshein, arXiv 1805.02867), so memory does not grow with the context.
 */
#include "step.h"
#include "sums.h"

#define CHUNK 128

/* valid entries of a selection: they end at the first -1 */
FN int selected(GLOBAL const int *selection, int k) {
    int low = 0, high = k;
    while (low < high) {
        int middle = (low + high) / 2;
        if (selection[middle] >= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* groups: (heads, rows) */
KERNEL latent_attention(
        GLOBAL const float *RESTRICT queryLatent,
        GLOBAL const float *RESTRICT query,
        GLOBAL const int *RESTRICT selection,
        GLOBAL float *y,
        int heads,
        int latent,
        int rope,
        int queryWidth,
        int ropeOffset,
        int k,
        float scale,
        SLABS,
        STEP) {
    LOCAL_ARRAY(float, weight, CHUNK);
    LOCAL_ARRAY(ulong, place, CHUNK);
    LOCAL_ARRAY(float, scratch, GROUP);
    int h = GROUP_X, r = GROUP_Y;
    LEAVE_ROWS_BEHIND(r, step[0]);
    int table = page_table(r, step);
    GLOBAL const int *chosen = selection + (long)r * k;
    int count = k > 0 ? selected(chosen, k) : position_of(r, step) + 1;
    GLOBAL const float *ql = queryLatent + ((long)r * heads + h) * latent;
    GLOBAL const float *qr = query + (long)r * heads * queryWidth + (long)h * queryWidth + ropeOffset;
    GLOBAL float *out = y + ((long)r * heads + h) * latent;
    int lane = ITEM % LANES, team = ITEM / LANES;
    float largest = NEGATIVE_INFINITY, total = 0.0f;
    for (int i = ITEM; i < latent; i += GROUP) {
        out[i] = 0.0f;
    }
    for (int first = 0; first < count; first += CHUNK) {
        int n = min_int(CHUNK, count - first);
        for (int t = ITEM; t < n; t += GROUP) {
            int position = k > 0 ? chosen[first + t] : first + t;
            place[t] = (ulong)cache_row(table, position, latent + rope, SLABS_ARGUMENTS, step);
        }
        BARRIER();
        for (int base = 0; base < n; base += GROUP / LANES) {
            int t = base + team;
            float score = 0.0f;
            if (t < n) {
                GLOBAL const float *c = (GLOBAL const float *)place[t];
                score = dot_part(ql, c, latent, lane, LANES) + dot_part(qr, c + latent, rope, lane, LANES);
            }
            score = lane_sum(score, scratch);
            if (t < n && lane == 0) {
                weight[t] = score * scale;
            }
        }
        BARRIER();
        float before = largest;
        for (int t = 0; t < n; t++) {
            largest = weight[t] > largest ? weight[t] : largest;
        }
        BARRIER();
        for (int t = ITEM; t < n; t += GROUP) {
            weight[t] = EXP(weight[t] - largest);
        }
        BARRIER();
        float shrink = first == 0 ? 0.0f : EXP(before - largest);
        float sum = 0.0f;
        for (int t = 0; t < n; t++) {
            sum += weight[t];
        }
        total = FMA(total, shrink, sum);
#if GROUP == 1
        int full = latent / 16;
        for (int u = 0; u < full; u++) {
            f32x16 acc = load_f32x16(out + 16 * u) * shrink;
            for (int t = 0; t < n; t++) {
                acc = fma16(splat16(weight[t]), load_f32x16((GLOBAL const float *)place[t] + 16 * u), acc);
            }
            store_f32x16(out + 16 * u, acc);
        }
        for (int i = 16 * full; i < latent; i++) {
#else
        for (int i = ITEM; i < latent; i += GROUP) {
#endif
            float acc = out[i] * shrink;
            for (int t = 0; t < n; t++) {
                acc = FMA(weight[t], ((GLOBAL const float *)place[t])[i], acc);
            }
            out[i] = acc;
        }
        BARRIER();
    }
    for (int i = ITEM; i < latent; i += GROUP) {
        out[i] = count > 0 ? out[i] / total : 0.0f; /* a selection may be empty */
    }
}
