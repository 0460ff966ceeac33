/* Activation rows in the form that matmuls of a kind read. */
#include "formats.h"
#include "simd.h"

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
