/*
 * Products with a transposed matrix: rows of weights are decoded to float32, a few at a time, and added to running sums of all columns.
 * Every sum has one accumulator and goes by ascending weight row.
 */
#include "decode_float.h"
#include "kernels.h"

#define STRETCH 512 /* columns of decoded weights that stay in the first-level cache */
#define RUN 16      /* weight rows between two visits to the sums */
#define ROWS 4      /* activation rows that share what is read of the weights */
#define VECTORS 4

struct transposed_workspace {
    float w[RUN][STRETCH];
};
_Static_assert(sizeof(struct transposed_workspace) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

/* Columns [begin, begin + n) of a weight row, its scales taken in, zeros up to a whole vector. */
static void decode_row(
        int32_t type, const uint8_t *row, const struct sluice_scales *scales, int64_t out, int64_t begin, int64_t n, float *dst) {
    floats_of_row(type, row, begin, begin + n, dst);
    if (scales) {
        const float *s = scales->values + (scales->first_row + out) / scales->block_rows * scales->row_length;
        for (int64_t k = 0; k < n; k++) {
            dst[k] *= s[(begin + k) / scales->block_columns];
        }
    }
    for (int64_t k = n; k % VL; k++) {
        dst[k] = 0;
    }
}

/* V vectors of the sums of R rows, the last of them with `last` columns; `more` adds to what is there. */
INLINE void add_run(
        const int R, const int V, const struct transposed_workspace *ws, int64_t column, int run, int64_t last, const float *x,
        int64_t x_stride, int more, float *y, int64_t y_stride) {
    vf sum[ROWS][VECTORS];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) {
            const float *at = y + r * y_stride + v * VL;
            sum[r][v] = !more ? vf_zero() : v < V - 1 ? vf_load(at) : vf_load_part(at, last);
        }
    }
    for (int i = 0; i < run; i++) {
        vf w[VECTORS];
        UNROLL for (int v = 0; v < V; v++) { w[v] = vf_load(ws->w[i] + column + v * VL); }
        UNROLL for (int r = 0; r < R; r++) {
            const vf a = vf_set1(x[r * x_stride + i]);
            UNROLL for (int v = 0; v < V; v++) { sum[r][v] = vf_fma(w[v], a, sum[r][v]); }
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) {
            float *at = y + r * y_stride + v * VL;
            if (v < V - 1) {
                vf_store(at, sum[r][v]);
            } else {
                vf_store_part(at, sum[r][v], last);
            }
        }
    }
}

INLINE void add_columns(
        const int R, const struct transposed_workspace *ws, int64_t n, int run, const float *x, int64_t x_stride, int more, float *y,
        int64_t y_stride) {
    int64_t c = 0;
    for (; c + VECTORS * VL <= n; c += VECTORS * VL) {
        add_run(R, VECTORS, ws, c, run, VL, x, x_stride, more, y + c, y_stride);
    }
    for (; c < n; c += VL) {
        add_run(R, 1, ws, c, run, n - c < VL ? n - c : VL, x, x_stride, more, y + c, y_stride);
    }
}

void NAME(matmul_transposed)(
        int32_t type, const uint8_t *w, int64_t w_row_bytes, const struct sluice_scales *scales, const float *x, int64_t x_stride,
        int64_t rows, int64_t begin, int64_t count, int64_t columns, float *y, int64_t y_stride, uint8_t *scratch) {
    struct transposed_workspace *ws = (struct transposed_workspace *)scratch;
    for (int64_t k = 0; k < columns; k += STRETCH) {
        const int64_t n = columns - k < STRETCH ? columns - k : STRETCH;
        for (int64_t o = 0; o < count; o += RUN) {
            const int run = (int)(count - o < RUN ? count - o : RUN);
            for (int i = 0; i < run; i++) {
                const int64_t out = begin + o + i;
                decode_row(type, w + out * w_row_bytes, scales, out, k, n, ws->w[i]);
            }
            int64_t r = 0;
            for (; r + ROWS <= rows; r += ROWS) {
                add_columns(ROWS, ws, n, run, x + r * x_stride + o, x_stride, o > 0, y + r * y_stride + k, y_stride);
            }
            for (; r < rows; r++) {
                add_columns(1, ws, n, run, x + r * x_stride + o, x_stride, o > 0, y + r * y_stride + k, y_stride);
            }
        }
    }
}
