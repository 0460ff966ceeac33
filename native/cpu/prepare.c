/* Activation rows in the form that matmuls of a kind read. */
#include "formats.h"
#include "simd.h"

#if VL != 16
/* int8 codes of n values, n a multiple of VL; the scale comes back. A value that is no finite number makes the scale NaN. */
static float quantise(const float *x, int n, int8_t *q) {
    vf most = vf_zero(), check = vf_zero();
    for (int i = 0; i < n; i += VL) {
        vf v = vf_load(x + i);
        most = vf_max(most, vf_abs(v));
        check = vf_fma(v, vf_zero(), check);
    }
    float largest = vf_largest(most), d = largest / 127.0f;
    /* Below 2^-120 the reciprocal would overflow; such a group counts as zero. */
    vf inverse = vf_set1(largest > 0x1p-120f ? 127.0f / largest : 0.0f);
    for (int i = 0; i < n; i += VL) {
        vi_store_i8(q + i, vi_round(vf_mul(vf_load(x + i), inverse)));
    }
    return d + vf_sum(check);
}

static void prepare_int8(int32_t kind, const float *x, int64_t columns, uint8_t *dst) {
    struct sluice_int8_row l = sluice_int8_layout(kind, columns);
    int8_t *q = (int8_t *)dst;
    float *d = (float *)(dst + l.d);
    int32_t *n32 = (int32_t *)(dst + l.n32), *n16 = (int32_t *)(dst + l.n16);
    int group = kind == SLUICE_KIND_INT8_32 ? 32 : 256;
    for (int64_t k = 0; k < columns; k += group) {
        d[k / group] = quantise(x + k, group, q + k);
    }
    for (int64_t g = 0; g < columns / 32; g++) {
        int32_t half[2];
        for (int h = 0; h < 2; h++) {
            int32_t sum = 0;
            for (int i = 0; i < 16; i++) {
                sum += q[32 * g + 16 * h + i];
            }
            half[h] = sum;
            n16[2 * g + h] = -128 * sum;
        }
        int32_t sum = half[0] + half[1];
        n32[g] = -128 * sum;
        if (kind == SLUICE_KIND_INT8_32) {
            ((float *)(dst + l.sums))[g] = d[g] * (float)sum;
        } else {
            ((int16_t *)(dst + l.sums))[g] = (int16_t)sum;
            ((int16_t *)(dst + l.sums16))[2 * g] = (int16_t)half[0];
            ((int16_t *)(dst + l.sums16))[2 * g + 1] = (int16_t)half[1];
        }
    }
}

#else
/* Groups side by side: a horizontal maximum and two divisions for one group after the other took most of the time. */
static void prepare_int8(int32_t kind, const float *x, int64_t columns, uint8_t *dst) {
    const struct sluice_int8_row l = sluice_int8_layout(kind, columns);
    const int group = kind == SLUICE_KIND_INT8_32 ? 32 : 256;
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff), infinity = _mm512_set1_epi32(0x7f800000);
    const __m512i ones = _mm512_set1_epi8(1), in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512 limit = _mm512_set1_ps(127.0f);
    for (int64_t k = 0; k < columns; k += 256) {
        const int n = columns - k < 256 ? (int)(columns - k) : 256, groups = n / group, sums = n / 32;
        /* As integers, magnitudes compare alike, and what is no finite number exceeds the rest. */
        int32_t largest[16] = {0};
        for (int g = 0; g < groups; g++) {
            __m512i most = _mm512_setzero_si512();
            for (int i = 0; i < group; i += 16) {
                most = _mm512_max_epi32(most, _mm512_and_si512(_mm512_loadu_si512(x + k + g * group + i), magnitude));
            }
            largest[g] = _mm512_reduce_max_epi32(most);
        }
        const __m512i bits = _mm512_loadu_si512(largest);
        const __m512 most = _mm512_castsi512_ps(bits);
        const __m512 nan = _mm512_set1_ps(NAN);
        const __m512 d = _mm512_mask_blend_ps(_mm512_cmpge_epi32_mask(bits, infinity), _mm512_div_ps(most, limit), nan);
        float inverse[16];
        _mm512_storeu_ps(inverse, _mm512_maskz_div_ps(_mm512_cmp_ps_mask(most, _mm512_set1_ps(0x1p-120f), _CMP_GT_OQ), limit, most));
        _mm512_mask_storeu_ps(dst + l.d + k / group * 4, (__mmask16)((1u << groups) - 1), d);

        int32_t half[16];
        for (int i = 0; i < n; i += 64) {
            __m512i q[4];
            UNROLL for (int v = 0; v < 4; v++) {
                const int at = i + 16 * v;
                q[v] = at < n ? _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k + at), _mm512_set1_ps(inverse[at / group])))
                              : _mm512_setzero_si512();
            }
            /* Four codes of each vector in every quarter. */
            const __m512i codes = _mm512_packs_epi16(_mm512_packs_epi32(q[0], q[1]), _mm512_packs_epi32(q[2], q[3]));
            _mm512_mask_storeu_epi32(
                    dst + k + i, n - i < 64 ? 0x00ff : 0xffff, _mm512_permutexvar_epi32(in_order, codes));
            __m512i s = _mm512_dpbusd_epi32(_mm512_setzero_si512(), ones, codes);
            s = _mm512_add_epi32(s, _mm512_shuffle_i32x4(s, s, 0x4e));
            s = _mm512_add_epi32(s, _mm512_shuffle_i32x4(s, s, 0xb1));
            _mm_storeu_si128((__m128i *)(half + i / 16), _mm512_castsi512_si128(s));
        }
        const __mmask16 halves = (__mmask16)((1u << 2 * sums) - 1), whole = (__mmask16)((1u << sums) - 1);
        const __m512i h = _mm512_maskz_loadu_epi32(halves, half);
        const __m512i s = _mm512_castsi256_si512(_mm512_cvtepi64_epi32(_mm512_add_epi32(h, _mm512_srli_epi64(h, 32))));
        const __m512i zero = _mm512_setzero_si512();
        _mm512_mask_storeu_epi32(dst + l.n16 + k / 4, halves, _mm512_sub_epi32(zero, _mm512_slli_epi32(h, 7)));
        _mm512_mask_storeu_epi32(dst + l.n32 + k / 8, whole, _mm512_sub_epi32(zero, _mm512_slli_epi32(s, 7)));
        if (kind == SLUICE_KIND_INT8_32) {
            _mm512_mask_storeu_ps(dst + l.sums + k / 8, whole, _mm512_mul_ps(d, _mm512_cvtepi32_ps(s)));
        } else {
            _mm512_mask_cvtsepi32_storeu_epi16(dst + l.sums + k / 16, whole, s);
            _mm512_mask_cvtsepi32_storeu_epi16(dst + l.sums16 + k / 8, halves, h);
        }
    }
}
#endif

static void prepare_bf16(const float *x, int64_t columns, int64_t bytes, uint8_t *dst) {
    int64_t k = 0;
#if defined(__AVX512BF16__)
    /* The instruction flushes subnormals; so do the products that follow. */
    for (; k + 16 <= columns; k += 16) {
        _mm256_storeu_si256((__m256i *)(dst + 2 * k), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + k)));
    }
#endif
    for (; k < columns; k++) {
        uint16_t h = bf16_of_float(x[k]);
        memcpy(dst + 2 * k, &h, 2);
    }
    memset(dst + 2 * columns, 0, (size_t)(bytes - 2 * columns));
}

void NAME(prepare)(int32_t kind, const float *x, int64_t x_stride, int64_t rows, int64_t columns, uint8_t *dst) {
    int64_t bytes = sluice_prepared_bytes(kind, columns);
    for (int64_t r = 0; r < rows; r++, x += x_stride, dst += bytes) {
        switch (kind) {
            case SLUICE_KIND_F32:
                memcpy(dst, x, (size_t)columns * 4);
                memset(dst + columns * 4, 0, (size_t)(bytes - columns * 4));
                break;
            case SLUICE_KIND_BF16: prepare_bf16(x, columns, bytes, dst); break;
            default: prepare_int8(kind, x, columns, dst); break;
        }
    }
}
