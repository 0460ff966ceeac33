/* Blocks of 256 with integer scales: all of a block's products become one exact int32 per weight row. */
#ifndef SLUICE_GEMV_256_H
#define SLUICE_GEMV_256_H

#include "unpack_avx512.h"

#define GEMV_ROWS 4

struct order_buffer {
    __m512i x[GEMV_ROWS][4], sums[GEMV_ROWS];
    __m512i whole[GEMV_ROWS][16], below[GEMV_ROWS][16];
    uint16_t d[16], dmin[16];
};

/* Bytes of a block where its scales d and dmin lie. */
INLINE int d_at(int32_t type) {
    switch (type) {
        case SLUICE_Q2_K: return 80;
        case SLUICE_Q3_K: return 108;
        case SLUICE_Q6_K: return 208;
        case SLUICE_TQ1_0: return 52;
        case SLUICE_TQ2_0: return 64;
        default: return 0;
    }
}

/* How much codes are stored above their value; minima have none. */
INLINE int code_offset(int32_t type) {
    return type == SLUICE_Q6_K ? 32 : type == SLUICE_Q3_K ? 4 : 0;
}

INLINE void gemv_256_rows(int32_t type, const int R, const struct sluice_matmul_args *a, int64_t row) {
    const struct sluice_format f = sluice_format_of(type);
    const struct sluice_int8_row l = sluice_int8_layout(SLUICE_KIND_INT8_256, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes;
    const int offset = code_offset(type);
    struct order_buffer t;
    for (int64_t out = a->out_begin; out < a->out_end; out += 16) {
        const uint8_t *w[16];
        for (int i = 0; i < 16; i++) {
            w[i] = a->w + (out + i < a->out_end ? out + i : a->out_end - 1) * a->w_row_bytes;
        }
        __m512 sum[GEMV_ROWS];
        UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm512_setzero_ps(); }
        for (int64_t b = 0; b < a->columns / 256; b++) {
            UNROLL for (int r = 0; r < R; r++) {
                const uint8_t *xr = x + r * a->x_row_bytes;
                order_activations(order_of_type(type), xr + 256 * b, t.x[r]);
                t.sums[r] = f.sub == 32 ? _mm512_zextsi128_si512(_mm_loadu_si128((const __m128i *)(xr + l.sums + 16 * b)))
                                        : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(xr + l.sums16 + 32 * b)));
            }
            for (int i = 0; i < 16; i++) {
                const uint8_t *p = w[i] + b * f.bytes;
                /* The block at the same place of the next 16 rows will be wanted after this pass over the columns. */
                UNROLL for (int k = 0; k < f.bytes; k += 64) { _mm_prefetch((const char *)(p + 16 * a->w_row_bytes + k), _MM_HINT_T1); }
                struct unpacked256 u;
                unpack_256(type, p, &u);
                UNROLL for (int r = 0; r < R; r++) {
                    __m512i whole = _mm512_setzero_si512();
                    UNROLL for (int v = 0; v < 4; v++) {
                        whole = _mm512_dpwssd_epi32(whole, _mm512_maddubs_epi16(u.code[v], t.x[r][v]), u.scale[v]);
                    }
                    if (f.minima || offset) {
                        __m512i below = _mm512_dpwssd_epi32(_mm512_setzero_si512(), u.below, t.sums[r]);
                        if (f.minima) {
                            t.below[r][i] = below;
                        } else {
                            whole = _mm512_sub_epi32(whole, _mm512_mullo_epi32(below, _mm512_set1_epi32(offset)));
                        }
                    }
                    t.whole[r][i] = whole;
                }
                memcpy(&t.d[i], p + d_at(type), 2);
                if (f.minima) {
                    memcpy(&t.dmin[i], p + d_at(type) + 2, 2);
                }
            }
            __m512 d = vf_load_f16(t.d);
            UNROLL for (int r = 0; r < R; r++) {
                __m512 dx = _mm512_set1_ps(load_f32(x + r * a->x_row_bytes + l.d + 4 * b));
                sum[r] = vf_fma(_mm512_cvtepi32_ps(int_sums16(t.whole[r])), vf_mul(d, dx), sum[r]);
                if (f.minima) {
                    __m512 dmin = vf_sub(vf_set1(-0.0f), vf_load_f16(t.dmin));
                    sum[r] = vf_fma(_mm512_cvtepi32_ps(int_sums16(t.below[r])), vf_mul(dmin, dx), sum[r]);
                }
            }
        }
        UNROLL for (int r = 0; r < R; r++) {
            vf_store_part(a->y + (row + r) * a->y_stride + out, sum[r], a->out_end - out);
        }
    }
}

INLINE int gemv_256_type(int32_t type, const struct sluice_matmul_args *a, int64_t most) {
    if (a->rows > most) {
        return 0;
    }
    int64_t row = 0;
    for (; row + 4 <= a->rows; row += 4) {
        gemv_256_rows(type, 4, a, row);
    }
    if (row + 2 <= a->rows) {
        gemv_256_rows(type, 2, a, row);
        row += 2;
    }
    if (row < a->rows) {
        gemv_256_rows(type, 1, a, row);
    }
    return 1;
}

static int gemv_256(const struct sluice_matmul_args *a) {
    switch (a->type) {
        case SLUICE_Q2_K: return gemv_256_type(SLUICE_Q2_K, a, 8);
        case SLUICE_Q3_K: return gemv_256_type(SLUICE_Q3_K, a, 8);
        case SLUICE_Q4_K: return gemv_256_type(SLUICE_Q4_K, a, 8);
        case SLUICE_Q5_K: return gemv_256_type(SLUICE_Q5_K, a, 8);
        case SLUICE_Q6_K: return gemv_256_type(SLUICE_Q6_K, a, 8);
        default: return 0;
    }
}

#endif
