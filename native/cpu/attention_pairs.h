/*
 * Latent attention with keys, queries and probabilities rounded to bf16: vdpbf16ps multiplies pairs and adds in float32. A tile of
 * 32 positions is laid out twice, once with positions as lanes for the scores, once with pairs of positions for the sums, and serves
 * all heads of the call, so neither product needs a sum over lanes.
 */
#ifndef SLUICE_ATTENTION_PAIRS_H
#define SLUICE_ATTENTION_PAIRS_H

#include "cache_rows.h"
#include "transpose.h"
#include "vector_math.h"

#define PAIR_TILE 32
#define PAIR_HEADS 64 /* heads whose sums wait in scratch */
#define SCORE_HEADS 8 /* heads that share what is read of the keys */
#define SUM_HEADS 4   /* and of the values */
#define SUM_VECTORS 4

struct pair_state {
    float most, sum, shrink;
    uint32_t p[PAIR_TILE / 2]; /* probabilities of two positions each */
};

/* n floats as bf16, zeros up to the next multiple of 32. */
INLINE void pairs_of_floats(const float *x, int64_t n, uint16_t *dst) {
    for (int64_t i = 0; i < n; i += 32) {
        const int64_t rest = n - i;
        const __m512 a = rest >= 16 ? vf_load(x + i) : vf_load_tail(x + i, (int)rest);
        const __m512 b = rest >= 32 ? vf_load(x + i + 16) : rest > 16 ? vf_load_tail(x + i + 16, (int)(rest - 16)) : vf_zero();
        vi_store(dst + i, (__m512i)_mm512_cvtne2ps_pbh(b, a));
    }
}

/* A cached row as bf16: latent values, then rope values directly behind them. */
INLINE void load_pair_row(const struct sluice_pages *cache, int64_t position, int64_t latent, int64_t rope, float *floats, uint16_t *dst) {
    const uint8_t *row = cache_row(cache, position);
    if (cache->format == SLUICE_CACHE_BF16) {
        memcpy(dst, row, (size_t)(latent + rope) * 2);
    } else if (cache->format == SLUICE_CACHE_F32) {
        pairs_of_floats((const float *)row, latent + rope, dst);
    } else {
        load_cache_row(row, cache->format, latent, rope, latent, floats);
        pairs_of_floats(floats, latent + rope, dst);
    }
}

/* values[i][c] = elements c of the rows 2 i and 2 i + 1. */
INLINE void pair_values(const uint16_t *rows, int64_t stride, int64_t columns, uint32_t *values) {
    static const uint16_t low[32] __attribute__((aligned(64))) = {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                                                  8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    const __m512i first = vi_load(low), second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
    for (int i = 0; i < PAIR_TILE / 2; i++) {
        const uint16_t *a = rows + 2 * i * stride, *b = a + stride;
        uint32_t *to = values + i * columns;
        for (int64_t c = 0; c < columns; c += 32) {
            const __m512i x = vi_load(a + c), y = vi_load(b + c);
            vi_store(to + c, _mm512_permutex2var_epi16(x, first, y));
            if (c + 16 < columns) {
                vi_store(to + c + 16, _mm512_permutex2var_epi16(x, second, y));
            }
        }
    }
}

/* Takes a tile's scores into the running maximum and sum; count of them are real. */
INLINE void pair_softmax(const __m512 *scores, float scale, int count, struct pair_state *s) {
    const __mmask16 real0 = (__mmask16)(count >= 16 ? 0xffff : (1u << count) - 1);
    const __mmask16 real1 = (__mmask16)(count >= 32 ? 0xffff : count > 16 ? (1u << (count - 16)) - 1 : 0);
    const vf none = vf_set1(-INFINITY);
    const vf a = _mm512_mask_mul_ps(none, real0, scores[0], vf_set1(scale)), b = _mm512_mask_mul_ps(none, real1, scores[1], vf_set1(scale));
    const float here = vf_largest(vf_max(a, b)), most = here > s->most ? here : s->most;
    const vf p0 = _mm512_maskz_mov_ps(real0, vf_exp(vf_sub(a, vf_set1(most))));
    const vf p1 = _mm512_maskz_mov_ps(real1, vf_exp(vf_sub(b, vf_set1(most))));
    const __m512i p = (__m512i)_mm512_cvtne2ps_pbh(p1, p0);
    vi_store(s->p, p);
    /* What is divided by is the sum of the rounded probabilities, so that they add up to one. */
    const vf odd = (vf)_mm512_and_si512(p, vi_set1((int32_t)0xffff0000)), even = (vf)_mm512_slli_epi32(p, 16);
    float shrink[16];
    vf_store(shrink, vf_exp(vf_set1(s->most - most)));
    s->shrink = s->most == -INFINITY ? 0 : shrink[0];
    s->sum = s->sum * s->shrink + vf_sum(vf_add(even, odd));
    s->most = most;
}

/* Scores of H heads with a tile, and what follows from them: keys[panel][pair][position], queries by pairs. */
INLINE void pair_scores(
        const int H, const uint32_t *q, const uint32_t *keys, int64_t pairs, float scale, int count, struct pair_state *state) {
    __m512 scores[SCORE_HEADS][2];
    UNROLL for (int h = 0; h < H; h++) { scores[h][0] = scores[h][1] = vf_zero(); }
    const uint32_t *second = keys + 16 * pairs;
    for (int64_t k = 0; k < pairs; k++) {
        const __m512bh a = (__m512bh)vi_load(keys + 16 * k), b = (__m512bh)vi_load(second + 16 * k);
        UNROLL for (int h = 0; h < H; h++) {
            const __m512bh x = (__m512bh)vi_set1((int32_t)q[h * pairs + k]);
            scores[h][0] = _mm512_dpbf16_ps(scores[h][0], a, x);
            scores[h][1] = _mm512_dpbf16_ps(scores[h][1], b, x);
        }
    }
    for (int h = 0; h < H; h++) {
        pair_softmax(scores[h], scale, count, &state[h]);
    }
}

/* sums[h][c] = sums[h][c] * shrink + sum over positions of p * value, for H heads and n vectors of columns. */
INLINE void pair_sums(
        const int H, const struct pair_state *s, const uint32_t *values, int64_t columns, const int n, float *sums) {
    vf acc[SUM_HEADS][SUM_VECTORS];
    UNROLL for (int h = 0; h < H; h++) {
        const vf shrink = vf_set1(s[h].shrink);
        UNROLL for (int j = 0; j < n; j++) { acc[h][j] = vf_mul(vf_load(sums + h * columns + 16 * j), shrink); }
    }
    for (int i = 0; i < PAIR_TILE / 2; i++) {
        __m512bh v[SUM_VECTORS];
        UNROLL for (int j = 0; j < n; j++) { v[j] = (__m512bh)vi_load(values + i * columns + 16 * j); }
        UNROLL for (int h = 0; h < H; h++) {
            const __m512bh p = (__m512bh)vi_set1((int32_t)s[h].p[i]);
            UNROLL for (int j = 0; j < n; j++) { acc[h][j] = _mm512_dpbf16_ps(acc[h][j], v[j], p); }
        }
    }
    UNROLL for (int h = 0; h < H; h++) {
        UNROLL for (int j = 0; j < n; j++) { vf_store(sums + h * columns + 16 * j, acc[h][j]); }
    }
}

/* All columns of H heads. */
INLINE void pair_columns(const int H, const struct pair_state *s, const uint32_t *values, int64_t columns, float *sums) {
    int64_t c = 0;
    for (; c + 16 * SUM_VECTORS <= columns; c += 16 * SUM_VECTORS) {
        pair_sums(H, s, values + c, columns, SUM_VECTORS, sums + c);
    }
    for (; c < columns; c += 16) {
        pair_sums(H, s, values + c, columns, 1, sums + c);
    }
}

/* A tile for all heads. How heads are grouped changes nothing: each has its own sums. */
static void pair_tile(
        const uint32_t *q, const uint32_t *keys, int64_t pairs, const uint32_t *values, int64_t columns, int64_t heads, float scale,
        int count, struct pair_state *state, float *sums) {
    int64_t h = 0;
    for (; h + SCORE_HEADS <= heads; h += SCORE_HEADS) {
        pair_scores(SCORE_HEADS, q + h * pairs, keys, pairs, scale, count, state + h);
    }
    for (; h + 2 <= heads; h += 2) {
        pair_scores(2, q + h * pairs, keys, pairs, scale, count, state + h);
    }
    for (; h < heads; h++) {
        pair_scores(1, q + h * pairs, keys, pairs, scale, count, state + h);
    }
    for (h = 0; h + SUM_HEADS <= heads; h += SUM_HEADS) {
        pair_columns(SUM_HEADS, state + h, values, columns, sums + h * columns);
    }
    for (; h < heads; h++) {
        pair_columns(1, state + h, values, columns, sums + h * columns);
    }
}

static void attention_pairs(
        const float *query, int64_t query_stride, const struct sluice_pages *cache, const int32_t *selection, int64_t count,
        int64_t latent, int64_t rope, float scale, int64_t head_begin, int64_t head_end, float *out, int64_t out_stride,
        uint8_t *scratch) {
    const int64_t width = latent + rope, columns = sluice_round_up(latent, 16), stride = sluice_round_up(width, 32), pairs = stride / 2;
    uint16_t *rows = (uint16_t *)scratch;
    uint32_t *keys = (uint32_t *)(rows + PAIR_TILE * stride), *values = keys + PAIR_TILE * pairs;
    float *floats = (float *)(values + PAIR_TILE / 2 * columns);
    uint32_t *q = (uint32_t *)(floats + stride);
    int64_t batch = (SLUICE_SCRATCH_BYTES - ((uint8_t *)q - scratch)) / (4 * (pairs + columns));
    batch = batch < PAIR_HEADS ? batch : PAIR_HEADS;
    float *sums = (float *)(q + batch * pairs);
    struct pair_state state[PAIR_HEADS];
    const uint8_t *lanes[PAIR_TILE];
    for (int t = 0; t < PAIR_TILE; t++) {
        lanes[t] = (const uint8_t *)(rows + t * stride);
    }
    memset(rows, 0, (size_t)(PAIR_TILE * stride) * 2);
    for (int64_t first = head_begin; first < head_end; first += batch) {
        const int64_t heads = head_end - first < batch ? head_end - first : batch;
        memset(sums, 0, (size_t)(heads * columns) * 4);
        for (int64_t h = 0; h < heads; h++) {
            state[h] = (struct pair_state){.most = -INFINITY};
            pairs_of_floats(query + (first + h) * query_stride, width, (uint16_t *)(q + h * pairs));
        }
        for (int64_t base = 0; base < count; base += PAIR_TILE) {
            const int n = count - base < PAIR_TILE ? (int)(count - base) : PAIR_TILE;
            for (int t = 0; t < n; t++) {
                load_pair_row(cache, selection ? selection[base + t] : base + t, latent, rope, floats, rows + t * stride);
                if (selection && base + t + PAIR_TILE < count) {
                    const uint8_t *next = cache_row(cache, selection[base + t + PAIR_TILE]);
                    for (int64_t i = 0; i < cache->row_bytes; i += 64) {
                        __builtin_prefetch(next + i);
                    }
                }
            }
            memset(rows + n * stride, 0, (size_t)((PAIR_TILE - n) * stride) * 2);
            transpose16(lanes, 0, (int)pairs, 0, (uint8_t *)keys);
            transpose16(lanes + 16, 0, (int)pairs, 0, (uint8_t *)(keys + 16 * pairs));
            pair_values(rows, stride, columns, values);
            pair_tile(q, keys, pairs, values, columns, heads, scale, n, state, sums);
        }
        for (int64_t h = 0; h < heads; h++) {
            float *o = out + (first + h) * out_stride;
            for (int64_t i = 0; i < latent; i++) {
                o[i] = count > 0 ? sums[h * columns + i] / state[h].sum : 0;
            }
        }
    }
}

#endif
