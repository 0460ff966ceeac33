/* Kernels over rows of activations: norms, gating, sums, rotation. */
#include "kernels.h"
#include "vector_math.h"

/* Sum of (x - shift)^2, or of x where square is 0, in four interleaved sums. */
INLINE float row_sum(const float *x, int64_t n, const int square, float shift) {
    vf s[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    const vf c = vf_set1(shift);
    int64_t i = 0;
    for (; i + 4 * VL <= n; i += 4 * VL) {
        UNROLL for (int j = 0; j < 4; j++) {
            vf v = vf_load(x + i + j * VL);
            if (square) {
                v = vf_sub(v, c);
                s[j] = vf_fma(v, v, s[j]);
            } else {
                s[j] = vf_add(s[j], v);
            }
        }
    }
    float rest[VL];
    for (int j = 0; i < n; i += VL, j++) {
        vf v = vf_load_part(x + i, n - i);
        if (square) {
            v = vf_sub(v, c);
            if (n - i < VL) {
                /* Lanes beyond the end hold -shift; they count as zero. */
                vf_store(rest, v);
                v = vf_load_tail(rest, (int)(n - i));
            }
            s[j] = vf_fma(v, v, s[j]);
        } else {
            s[j] = vf_add(s[j], v);
        }
    }
    return vf_sum(vf_add(vf_add(s[0], s[1]), vf_add(s[2], s[3])));
}

void NAME(rms_norm)(
        const float *x, int64_t x_stride, const float *weight, float eps, int64_t rows, int64_t columns, float *y, int64_t y_stride) {
    for (int64_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        vf scale = vf_set1(1.0f / sqrtf(row_sum(x, columns, 1, 0) / (float)columns + eps));
        for (int64_t i = 0; i < columns; i += VL) {
            int64_t n = columns - i;
            vf_store_part(y + i, vf_mul(vf_mul(vf_load_part(x + i, n), scale), vf_load_part(weight + i, n)), n);
        }
    }
}

void NAME(layer_norm)(
        const float *x, int64_t x_stride, const float *weight, const float *bias, float eps, int64_t rows, int64_t columns, float *y,
        int64_t y_stride) {
    for (int64_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        float mean = row_sum(x, columns, 0, 0) / (float)columns;
        vf scale = vf_set1(1.0f / sqrtf(row_sum(x, columns, 1, mean) / (float)columns + eps));
        for (int64_t i = 0; i < columns; i += VL) {
            int64_t n = columns - i;
            vf v = vf_mul(vf_sub(vf_load_part(x + i, n), vf_set1(mean)), scale);
            vf b = bias ? vf_load_part(bias + i, n) : vf_zero();
            vf_store_part(y + i, vf_fma(v, vf_load_part(weight + i, n), b), n);
        }
    }
}

void NAME(swiglu)(const float *gate, const float *up, int64_t count, float *out) {
    for (int64_t i = 0; i < count; i += VL) {
        int64_t n = count - i;
        vf_store_part(out + i, vf_mul(vf_silu(vf_load_part(gate + i, n)), vf_load_part(up + i, n)), n);
    }
}

void NAME(add)(const float *a, const float *b, int64_t count, float *out) {
    for (int64_t i = 0; i < count; i += VL) {
        int64_t n = count - i;
        vf_store_part(out + i, vf_add(vf_load_part(a + i, n), vf_load_part(b + i, n)), n);
    }
}

void NAME(add_scaled)(float *out, const float *a, float factor, int64_t count) {
    const vf f = vf_set1(factor);
    for (int64_t i = 0; i < count; i += VL) {
        int64_t n = count - i;
        vf_store_part(out + i, vf_fma(vf_load_part(a + i, n), f, vf_load_part(out + i, n)), n);
    }
}

void NAME(rope)(
        float *x, int64_t x_stride, int64_t vectors, int64_t pairs, const float *cosine, const float *sine, int32_t interleaved) {
    const int64_t step = interleaved ? 2 : 1, other = interleaved ? 1 : pairs;
    for (int64_t v = 0; v < vectors; v++, x += x_stride) {
        for (int64_t i = 0; i < pairs; i++) {
            float a = x[step * i], b = x[step * i + other];
            x[step * i] = a * cosine[i] - b * sine[i];
            x[step * i + other] = a * sine[i] + b * cosine[i];
        }
    }
}
