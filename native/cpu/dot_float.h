/*
 * Products of float weights with prepared rows, lanes along the columns: each output has VL running sums, lane l over columns l, l + VL,
 * ... of a stretch, folded by one fixed tree at the end. Weights are used where they lie, with no panel in between, so one row and many
 * add in the same order.
 */
#ifndef SLUICE_DOT_FLOAT_H
#define SLUICE_DOT_FLOAT_H

#include "decode_float.h"
#include "sums.h"

/* How a vector of weights comes about. */
enum dot_load {
    DOT_F32,
    DOT_F16,
    DOT_BF16,
    DOT_E4M3,
    DOT_PAIR_BF16, /* pairs for the bf16 dot product */
    DOT_PAIR_E4M3  /* the same from e4m3 */
};

#if defined(__AVX512BF16__)
#define HAS_PAIRS 1
/* The high and low bytes of the bf16 that each e4m3 magnitude equals. */
static uint8_t e4m3_high[128] __attribute__((aligned(64))), e4m3_low[128] __attribute__((aligned(64)));

__attribute__((constructor)) static void fill_e4m3_tables(void) {
    for (int i = 0; i < 128; i++) {
        uint16_t h = bf16_of_float(float_of_e4m3((uint8_t)i));
        e4m3_high[i] = (uint8_t)(h >> 8);
        e4m3_low[i] = (uint8_t)h;
    }
}

/* 32 e4m3, one in the low byte of each 16-bit lane, to 32 bf16. */
INLINE __m512i bf16_of_e4m3(__m512i v) {
    /* Even bytes look up the low part, odd bytes the high part: the index of odd bytes is the same weight. */
    __m512i both = _mm512_or_si512(v, _mm512_slli_epi16(v, 8));
    __m512i low = _mm512_permutex2var_epi8(vi_load(e4m3_low), both, vi_load(e4m3_low + 64));
    __m512i high = _mm512_permutex2var_epi8(vi_load(e4m3_high), both, vi_load(e4m3_high + 64));
    __m512i bytes = _mm512_mask_blend_epi8(0x5555555555555555ull, high, low);
    /* The sign bit of the weight is bit 15 of both. */
    return _mm512_ternarylogic_epi32(bytes, both, _mm512_set1_epi16((int16_t)0x8000), 0xf8);
}

/* 64 e4m3 to bf16. */
INLINE void bf16_of_e4m3_64(__m512i v, __m512i *first, __m512i *second) {
    /* Unpacking works within quarters: it finds columns 0..31 in their low halves. */
    v = _mm512_permutexvar_epi64(_mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0), v);
    __m512i low = _mm512_permutex2var_epi8(vi_load(e4m3_low), v, vi_load(e4m3_low + 64));
    __m512i high = _mm512_permutex2var_epi8(vi_load(e4m3_high), v, vi_load(e4m3_high + 64));
    high = _mm512_ternarylogic_epi32(high, v, _mm512_set1_epi8((char)0x80), 0xf8);
    *first = _mm512_unpacklo_epi8(low, high);
    *second = _mm512_unpackhi_epi8(low, high);
}
#else
#define HAS_PAIRS 0
#endif

/* Columns in a vector. */
INLINE int dot_step(const int load) {
    return load >= DOT_PAIR_BF16 ? 2 * VL : VL;
}

INLINE int dot_weight_bytes(const int load) {
    return load == DOT_F32 ? 4 : load == DOT_E4M3 || load == DOT_PAIR_E4M3 ? 1 : 2;
}

INLINE vf dot_weights(const int load, const uint8_t *p) {
    switch (load) {
        case DOT_F32: return vf_load(p);
        case DOT_F16: return vf_load_f16(p);
        case DOT_BF16: return vf_load_bf16(p);
        case DOT_E4M3: return vf_load_e4m3(p);
#if HAS_PAIRS
        case DOT_PAIR_BF16: return (vf)vi_load(p);
        case DOT_PAIR_E4M3: return (vf)bf16_of_e4m3(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)p)));
#endif
        default: __builtin_unreachable();
    }
}

INLINE vf dot_add(const int load, vf sum, vf w, vf x) {
#if HAS_PAIRS
    if (load >= DOT_PAIR_BF16) {
        return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
    }
#endif
    (void)load;
    return vf_fma(w, x, sum);
}

#if VL == 16
#define DOT_ROWS 4
#define DOT_OUTS 4
#define DOT_OUTS_SINGLE 8
#else
#define DOT_ROWS 2
#define DOT_OUTS 2
#define DOT_OUTS_SINGLE 4
#endif
#define DOT_BLOCK 16 /* outputs whose running sums are kept together */

/* What is left behind the last whole vector, with zeros behind it: a row may end where its memory does. */
INLINE vf dot_rest(const uint8_t *p, int64_t bytes, uint8_t *rest) {
    memset(rest, 0, VL * 4);
    memcpy(rest, p, (size_t)bytes);
    return vf_load(rest);
}

/*
 * s[r][o] += lane sums of count columns of w[o] and x[r]; where `ahead` is not 0, each weight row is prefetched so many bytes on.
 */
INLINE void dot_columns(
        const int load, const int R, const int O, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, int64_t count,
        vf (*s)[DOT_BLOCK], int64_t ahead) {
    const int step = dot_step(load), size = dot_weight_bytes(load), x_size = load >= DOT_PAIR_BF16 ? 2 : 4;
    int64_t k = 0;
#if HAS_PAIRS
    for (; load == DOT_PAIR_E4M3 && k + 64 <= count; k += 64) {
        UNROLL for (int o = 0; o < O; o++) {
            __m512i first, second;
            bf16_of_e4m3_64(vi_load(w[o] + k), &first, &second);
            if (ahead) {
                __builtin_prefetch(w[o] + k + ahead);
            }
            UNROLL for (int r = 0; r < R; r++) {
                s[r][o] = dot_add(load, s[r][o], (vf)first, vf_load(x + r * x_bytes + 2 * k));
                s[r][o] = dot_add(load, s[r][o], (vf)second, vf_load(x + r * x_bytes + 2 * k + 64));
            }
        }
    }
#endif
    for (; k + step <= count; k += step) {
        vf xv[DOT_ROWS];
        UNROLL for (int r = 0; r < R; r++) { xv[r] = vf_load(x + r * x_bytes + k * x_size); }
        UNROLL for (int o = 0; o < O; o++) {
            vf wv = dot_weights(load, w[o] + k * size);
            if (ahead) {
                __builtin_prefetch(w[o] + k * size + ahead);
            }
            UNROLL for (int r = 0; r < R; r++) { s[r][o] = dot_add(load, s[r][o], wv, xv[r]); }
        }
    }
    if (k < count) {
        vf xv[DOT_ROWS];
        uint8_t rest[VL * 4];
        UNROLL for (int r = 0; r < R; r++) { xv[r] = dot_rest(x + r * x_bytes + k * x_size, (count - k) * x_size, rest); }
        UNROLL for (int o = 0; o < O; o++) {
            dot_rest(w[o] + k * size, (count - k) * size, rest);
            vf wv = dot_weights(load, rest);
            UNROLL for (int r = 0; r < R; r++) { s[r][o] = dot_add(load, s[r][o], wv, xv[r]); }
        }
    }
}

/*
 * The sums of row r and output o, VL floats at (r * DOT_BLOCK + o) * VL, run over count columns. With scales the stretch is summed by
 * itself and added as scale[o] * sum.
 */
INLINE void dot_tile(
        const int load, const int R, const int O, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, int64_t count,
        const float *scale, float *sums, int64_t ahead) {
    vf s[DOT_ROWS][DOT_BLOCK];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int o = 0; o < O; o++) { s[r][o] = scale ? vf_zero() : vf_load(sums + (r * DOT_BLOCK + o) * VL); }
    }
    dot_columns(load, R, O, w, x, x_bytes, count, s, ahead);
    UNROLL for (int o = 0; o < O; o++) {
        UNROLL for (int r = 0; r < R; r++) {
            float *sum = sums + (r * DOT_BLOCK + o) * VL;
            vf_store(sum, scale ? vf_fma(s[r][o], vf_set1(scale[o]), vf_load(sum)) : s[r][o]);
        }
    }
}

/* y[r][o] = the sums of O outputs and 16 / O rows over all columns, which never leave the registers. */
INLINE void dot_whole(
        const int load, const int R, const int O, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, int64_t count, float *y,
        int64_t y_stride, int64_t ahead) {
    vf s[DOT_ROWS][DOT_BLOCK], v[16];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int o = 0; o < O; o++) { s[r][o] = vf_zero(); }
    }
    dot_columns(load, R, O, w, x, x_bytes, count, s, ahead);
    UNROLL for (int i = 0; i < 16; i++) { v[i] = i < R * O ? s[i / O][i % O] : vf_zero(); }
    float sums[16];
    sums16(v, sums);
    UNROLL for (int r = 0; r < R; r++) { memcpy(y + r * y_stride, sums + r * O, (size_t)O * 4); }
}

#endif
