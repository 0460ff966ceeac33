/*
 * Latent attention (DeepSeek-V2, arXiv 2405.04434, absorbed form) with an online softmax over tiles of 16 positions. A tile's rows are
 * brought to float32 once and serve all heads of the call. Tiles go by ascending index in the selection and every sum has a fixed
 * order, so a head's result depends on its query and the selected rows alone.
 */
#include "cache_rows.h"
#include "sums.h"
#include "vector_math.h"
#if defined(__AVX512BF16__)
#include "attention_pairs.h"
#endif

#define TILE 16
#define MAX_HEADS 32
#if VL == 16
#define HEADS 4
#else
#define HEADS 2
#endif
#define QUADS 4 /* positions or vectors handled together */

struct softmax_state {
    float most, sum, shrink;
    float p[TILE];
};

/* scores[h][t] of HEADS heads with a tile. */
INLINE void tile_scores(const float *q, const float *rows, int64_t width, float (*scores)[TILE]) {
    for (int t = 0; t < TILE; t += QUADS) {
        vf s[HEADS * QUADS];
        UNROLL for (int i = 0; i < HEADS * QUADS; i++) { s[i] = vf_zero(); }
        const float *c = rows + t * width;
        for (int64_t k = 0; k < width; k += VL) {
            vf row[QUADS];
            UNROLL for (int j = 0; j < QUADS; j++) { row[j] = vf_load(c + j * width + k); }
            UNROLL for (int h = 0; h < HEADS; h++) {
                vf qv = vf_load(q + h * width + k);
                UNROLL for (int j = 0; j < QUADS; j++) { s[h * QUADS + j] = vf_fma(qv, row[j], s[h * QUADS + j]); }
            }
        }
        float sums[HEADS * QUADS];
#if HEADS * QUADS == 16
        sums16(s, sums);
#else
        for (int i = 0; i < HEADS * QUADS; i++) {
            sums[i] = vf_sum(s[i]);
        }
#endif
        for (int h = 0; h < HEADS; h++) {
            memcpy(scores[h] + t, sums + h * QUADS, QUADS * sizeof(float));
        }
    }
}

/* Takes a tile's scores into the running maximum and sum; count of them are real. */
INLINE void tile_softmax(const float *scores, float scale, int count, struct softmax_state *s) {
    float scaled[TILE], most = s->most;
    for (int t = 0; t < TILE; t += VL) {
        vf_store(scaled + t, vf_mul(vf_load(scores + t), vf_set1(scale)));
    }
    for (int t = 0; t < count; t++) {
        most = scaled[t] > most ? scaled[t] : most;
    }
    for (int t = count; t < TILE; t++) {
        scaled[t] = -INFINITY;
    }
    vf sum = vf_zero();
    for (int t = 0; t < TILE; t += VL) {
        vf_store(s->p + t, vf_exp(vf_sub(vf_load(scaled + t), vf_set1(most))));
    }
    for (int t = count; t < TILE; t++) {
        s->p[t] = 0;
    }
    for (int t = 0; t < TILE; t += VL) {
        sum = vf_add(sum, vf_load(s->p + t));
    }
    float shrink[VL];
    vf_store(shrink, vf_exp(vf_set1(s->most - most)));
    s->shrink = s->most == -INFINITY ? 0 : shrink[0];
    s->sum = s->sum * s->shrink + vf_sum(sum);
    s->most = most;
}

/* sums[h][i] = sums[h][i] * shrink + sum of p[t] * rows[t][i] over the latent part. */
INLINE void tile_values(const struct softmax_state *s, const float *rows, int64_t width, int64_t latent, float *sums) {
    for (int64_t i = 0; i < latent; i += QUADS * VL) {
        const int n = (int)((latent - i) / VL < QUADS ? (latent - i) / VL : QUADS);
        vf acc[HEADS][QUADS];
        if (n == QUADS) {
            UNROLL for (int h = 0; h < HEADS; h++) {
                vf shrink = vf_set1(s[h].shrink);
                UNROLL for (int j = 0; j < QUADS; j++) { acc[h][j] = vf_mul(vf_load(sums + h * latent + i + j * VL), shrink); }
            }
            for (int t = 0; t < TILE; t++) {
                vf c[QUADS];
                UNROLL for (int j = 0; j < QUADS; j++) { c[j] = vf_load(rows + t * width + i + j * VL); }
                UNROLL for (int h = 0; h < HEADS; h++) {
                    vf p = vf_set1(s[h].p[t]);
                    UNROLL for (int j = 0; j < QUADS; j++) { acc[h][j] = vf_fma(p, c[j], acc[h][j]); }
                }
            }
            UNROLL for (int h = 0; h < HEADS; h++) {
                UNROLL for (int j = 0; j < QUADS; j++) { vf_store(sums + h * latent + i + j * VL, acc[h][j]); }
            }
            continue;
        }
        for (int h = 0; h < HEADS; h++) {
            for (int j = 0; j < n; j++) {
                float *o = sums + h * latent + i + j * VL;
                vf a = vf_mul(vf_load(o), vf_set1(s[h].shrink));
                for (int t = 0; t < TILE; t++) {
                    a = vf_fma(vf_set1(s[h].p[t]), vf_load(rows + t * width + i + j * VL), a);
                }
                vf_store(o, a);
            }
        }
    }
}

void NAME(attention)(
        int32_t mode, const float *query, int64_t query_stride, const struct sluice_pages *cache, const int32_t *selection, int64_t count,
        int64_t latent, int64_t rope, float scale, int64_t head_begin, int64_t head_end, float *out, int64_t out_stride,
        uint8_t *scratch) {
#if defined(__AVX512BF16__)
    if (mode == SLUICE_FAST) {
        attention_pairs(
                query, query_stride, cache, selection, count, latent, rope, scale, head_begin, head_end, out, out_stride, scratch);
        return;
    }
#endif
    (void)mode;
    const int64_t latent_padded = sluice_round_up(latent, VL), width = latent_padded + sluice_round_up(rope, VL);
    float *rows = (float *)scratch, *q = rows + TILE * width;
    int64_t batch = (SLUICE_SCRATCH_BYTES / 4 - TILE * width) / (width + latent_padded) / HEADS * HEADS;
    batch = batch < MAX_HEADS ? batch : MAX_HEADS;
    float *sums = q + batch * width;
    struct softmax_state state[MAX_HEADS];
    for (int64_t first = head_begin; first < head_end; first += batch) {
        const int64_t heads = head_end - first < batch ? head_end - first : batch;
        const int64_t padded = sluice_round_up(heads, HEADS);
        memset(rows, 0, (size_t)(TILE * width) * 4);
        memset(q, 0, (size_t)(padded * width) * 4);
        memset(sums, 0, (size_t)(padded * latent_padded) * 4);
        for (int64_t h = 0; h < heads; h++) {
            memcpy(q + h * width, query + (first + h) * query_stride, (size_t)latent * 4);
            memcpy(q + h * width + latent_padded, query + (first + h) * query_stride + latent, (size_t)rope * 4);
        }
        for (int64_t h = 0; h < padded; h++) {
            state[h] = (struct softmax_state){.most = -INFINITY};
        }
        for (int64_t base = 0; base < count; base += TILE) {
            const int n = count - base < TILE ? (int)(count - base) : TILE;
            for (int t = 0; t < n; t++) {
                int64_t position = selection ? selection[base + t] : base + t;
                load_cache_row(cache_row(cache, position), cache->format, latent, rope, latent_padded, rows + t * width);
                if (selection && base + t + TILE < count) {
                    const uint8_t *next = cache_row(cache, selection[base + t + TILE]);
                    for (int64_t i = 0; i < cache->row_bytes; i += 64) {
                        __builtin_prefetch(next + i);
                    }
                }
            }
            for (int t = n; t < TILE; t++) {
                memset(rows + t * width, 0, (size_t)width * 4);
            }
            for (int64_t h = 0; h < padded; h += HEADS) {
                float scores[HEADS][TILE];
                tile_scores(q + h * width, rows, width, scores);
                for (int i = 0; i < HEADS; i++) {
                    tile_softmax(scores[i], scale, n, &state[h + i]);
                }
                tile_values(state + h, rows, width, latent_padded, sums + h * latent_padded);
            }
        }
        for (int64_t h = 0; h < heads; h++) {
            float *o = out + (first + h) * out_stride;
            for (int64_t i = 0; i < latent; i++) {
                o[i] = count > 0 ? sums[h * latent_padded + i] / state[h].sum : 0;
            }
        }
    }
}
