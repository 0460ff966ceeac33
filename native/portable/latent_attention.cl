/*
 * Attention of absorbed queries over the latent cache: all positions up to a row's own, or a selection. One work group a row
 * and head. Positions are taken in chunks; what was summed so far is rescaled when a chunk brings a larger score (Milakov and
 * Gimelshein, arXiv 1805.02867), so memory does not grow with the context.
 */
#ifdef CACHE_FP8
#define MANY_REGISTERS
#endif
#include "cache.h"
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
            place[t] = (ulong)stored_row(table, position, CACHE_ROW_BYTES(latent, rope), SLABS_ARGUMENTS, step);
        }
        BARRIER();
        for (int base = 0; base < n; base += GROUP / LANES * TEAM_ROWS) {
            int start = base + team * TEAM_ROWS;
            f32x16 latents[TEAM_ROWS], rotated[TEAM_ROWS];
            EACH_TEAM_ROW latents[j] = rotated[j] = splat16(0.0f);
            if (start < n) {
                GLOBAL const uchar *c[TEAM_ROWS];
                EACH_TEAM_ROW c[j] = (GLOBAL const uchar *)place[min_int(start + j, n - 1)];
                for (int u = lane; u < PIECES(latent); u += LANES) {
                    int m = min_int(16, latent - 16 * u);
                    f32x16 q = m == 16 ? load_f32x16(ql + 16 * u) : load_part_f32x16(ql + 16 * u, m);
                    EACH_TEAM_ROW latents[j] = fma16(q, cached16(c[j], latent, 16 * u, m), latents[j]);
                }
                for (int u = lane; u < PIECES(rope); u += LANES) {
                    int m = min_int(16, rope - 16 * u);
                    f32x16 q = m == 16 ? load_f32x16(qr + 16 * u) : load_part_f32x16(qr + 16 * u, m);
                    EACH_TEAM_ROW rotated[j] = fma16(q, cached_rotated16(c[j], latent, 16 * u, m), rotated[j]);
                }
            }
            EACH_TEAM_ROW {
                int t = start + j;
                float score = lane_sum(sum16(latents[j]) + sum16(rotated[j]), scratch);
                if (t < n && lane == 0) {
                    weight[t] = score * scale;
                }
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
        for (int base = 0; base < full; base += TEAM_ROWS) {
            f32x16 acc[TEAM_ROWS];
            EACH_TEAM_ROW acc[j] = load_f32x16(out + 16 * min_int(base + j, full - 1)) * shrink;
            for (int t = 0; t < n; t++) {
                f32x16 w = splat16(weight[t]);
                EACH_TEAM_ROW acc[j] =
                        fma16(w, cached16((GLOBAL const uchar *)place[t], latent, 16 * min_int(base + j, full - 1), 16), acc[j]);
            }
            EACH_TEAM_ROW if (base + j < full) store_f32x16(out + 16 * (base + j), acc[j]);
        }
        for (int i = 16 * full; i < latent; i++) {
#else
        for (int i = ITEM; i < latent; i += GROUP) {
#endif
            float acc = out[i] * shrink;
            for (int t = 0; t < n; t++) {
                acc = FMA(weight[t], cached((GLOBAL const uchar *)place[t], latent, i), acc);
            }
            out[i] = acc;
        }
        BARRIER();
    }
    for (int i = ITEM; i < latent; i += GROUP) {
        out[i] = count > 0 ? out[i] / total : 0.0f; /* a selection may be empty */
    }
}
