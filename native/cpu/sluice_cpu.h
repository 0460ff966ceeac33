/*
 * Kernels of the CPU backend. Pure functions over raw addresses: no threads, no allocation, no state besides the table
 * of kernels chosen for this processor. A caller splits work by ranges of outputs; a result never depends on the split,
 * on how many rows a call has, or on the order of calls, because every dot product has one fixed order of accumulation.
 *
 * Extents and strides count elements unless a name says bytes. Weights need no alignment; everything else is aligned to
 * its element, scratch and prepared rows to 64 bytes.
 */
#ifndef SLUICE_CPU_H
#define SLUICE_CPU_H

#include <stdint.h>

#if defined(_WIN32)
#define SLUICE_API __declspec(dllexport)
#else
#define SLUICE_API __attribute__((visibility("default")))
#endif

/* Changes whenever a signature or a layout below does. */
#define SLUICE_ABI 2

/* Weight types: GGUF numbers, and one of our own for OCP e4m3fn. */
enum sluice_type {
    SLUICE_F32 = 0,
    SLUICE_F16 = 1,
    SLUICE_Q4_0 = 2,
    SLUICE_Q4_1 = 3,
    SLUICE_Q5_0 = 6,
    SLUICE_Q5_1 = 7,
    SLUICE_Q8_0 = 8,
    SLUICE_Q2_K = 10,
    SLUICE_Q3_K = 11,
    SLUICE_Q4_K = 12,
    SLUICE_Q5_K = 13,
    SLUICE_Q6_K = 14,
    SLUICE_IQ2_XXS = 16,
    SLUICE_IQ2_XS = 17,
    SLUICE_IQ3_XXS = 18,
    SLUICE_IQ1_S = 19,
    SLUICE_IQ4_NL = 20,
    SLUICE_IQ3_S = 21,
    SLUICE_IQ2_S = 22,
    SLUICE_IQ4_XS = 23,
    SLUICE_IQ1_M = 29,
    SLUICE_BF16 = 30,
    SLUICE_TQ1_0 = 34,
    SLUICE_TQ2_0 = 35,
    SLUICE_MXFP4 = 39,
    SLUICE_NVFP4 = 40,
    SLUICE_F8_E4M3 = 64
};

enum sluice_mode {
    SLUICE_EXACT = 0, /* float32 activations, weights decoded to float32, FMA in float32 */
    SLUICE_FAST = 1   /* activations rounded once per row to what the weight type multiplies fastest with */
};

/* How activations are stored for a matmul. Weights of one kind share prepared rows. */
enum sluice_kind {
    SLUICE_KIND_F32 = 0,
    SLUICE_KIND_BF16 = 1,
    SLUICE_KIND_INT8_32 = 2, /* int8, a scale per 32 */
    SLUICE_KIND_INT8_256 = 3 /* int8, a scale per 256 */
};

/* Layout of a cached row of latent attention or of an indexer key. */
enum sluice_cache {
    SLUICE_CACHE_F32 = 0,
    SLUICE_CACHE_BF16 = 1,
    SLUICE_CACHE_FP8 = 2 /* e4m3[latent], float32 scale per 128 of latent, bf16[rope]; latent a multiple of 128 */
};

/* Scales beside a matrix: element [o, k] is multiplied by values[((first_row + o) / block_rows) * row_length + k / block_columns]. */
struct sluice_scales {
    const float *values;
    int64_t block_rows;
    int64_t block_columns;
    int64_t row_length;
    int64_t first_row;
};

/* Rows of a paged cache: position p is at pages[p >> page_shift] + offset + (p & (1 << page_shift) - 1) * row_bytes. */
struct sluice_pages {
    const void *const *pages;
    int64_t page_shift;
    int64_t row_bytes;
    int64_t format; /* enum sluice_cache */
    int64_t offset; /* bytes from the start of a page to its first row */
};

SLUICE_API int32_t sluice_abi(void);
/* Name of the kernels in use: "avx512bf16", "avx512", "avx2" or "portable". */
SLUICE_API const char *sluice_variant(void);
/* Takes other kernels (not thread safe; for tests and comparison). Returns 0, or -1 where this processor lacks them. */
SLUICE_API int32_t sluice_use_variant(const char *name);

/* Bytes of scratch any kernel below needs per thread. */
SLUICE_API int64_t sluice_scratch_bytes(void);

/* enum sluice_kind, or -1 where the type is unknown. */
SLUICE_API int32_t sluice_activation_kind(int32_t type, int32_t mode);
/* Bytes of one prepared row, a multiple of 64. */
SLUICE_API int64_t sluice_activation_bytes(int32_t kind, int64_t columns);
/* Prepares rows of x for matmuls of one kind. For the int8 kinds columns is a multiple of 32 or 256. */
SLUICE_API void sluice_prepare_rows(
        int32_t kind, const float *x, int64_t x_stride, int64_t rows, int64_t columns, void *prepared);

/*
 * y[r][o] = sum over k of x[r][k] * w[o][k], for o in [out_begin, out_end) and r in [0, rows). w points at output 0,
 * as does y; scales may be null, and for types other than F8_E4M3, BF16, F16 and F32 a scale covers whole rows.
 */
SLUICE_API void sluice_matmul(
        int32_t type,
        int32_t mode,
        const void *w,
        int64_t w_row_bytes,
        const struct sluice_scales *scales,
        const void *prepared,
        int64_t rows,
        int64_t columns,
        float *y,
        int64_t y_stride,
        int64_t out_begin,
        int64_t out_end,
        void *scratch);

/*
 * y[r][c] = sum over o in [0, count) of x[r][o] * w[begin + o][c], for c in [0, columns) and r in [0, rows), in float32. w points at output
 * 0; scales are those of sluice_matmul.
 */
SLUICE_API void sluice_matmul_transposed(
        int32_t type,
        const void *w,
        int64_t w_row_bytes,
        const struct sluice_scales *scales,
        const float *x,
        int64_t x_stride,
        int64_t rows,
        int64_t begin,
        int64_t count,
        int64_t columns,
        float *y,
        int64_t y_stride,
        void *scratch);

/* dst[0..count) = the values of a run of whole blocks. */
SLUICE_API void sluice_dequantise(int32_t type, const void *blocks, int64_t count, float *dst);

/* y = x / sqrt(mean(x^2) + eps) * weight, for each row. x and y may be the same. */
SLUICE_API void sluice_rms_norm(
        const float *x, int64_t x_stride, const float *weight, float eps, int64_t rows, int64_t columns, float *y, int64_t y_stride);
/* y = (x - mean) / sqrt(variance + eps) * weight + bias; bias may be null. */
SLUICE_API void sluice_layer_norm(
        const float *x,
        int64_t x_stride,
        const float *weight,
        const float *bias,
        float eps,
        int64_t rows,
        int64_t columns,
        float *y,
        int64_t y_stride);
/* out = silu(gate) * up. */
SLUICE_API void sluice_swiglu(const float *gate, const float *up, int64_t count, float *out);
/* out = a + b. */
SLUICE_API void sluice_add(const float *a, const float *b, int64_t count, float *out);
/* out += factor * a, in one rounding. */
SLUICE_API void sluice_add_scaled(float *out, const float *a, float factor, int64_t count);
/* Rotates vectors of 2 * pairs elements in place; cosine and sine hold one entry per pair. interleaved: (2i, 2i+1), else (i, i + pairs). */
SLUICE_API void sluice_rope(
        float *x, int64_t x_stride, int64_t vectors, int64_t pairs, const float *cosine, const float *sine, int32_t interleaved);

/*
 * Latent attention of one token row for heads [head_begin, head_end): scores scale * q[h].row[s] over latent + rope, softmax, and
 * out[h] = sum p * row[s][0..latent). Positions are selection[0..count), or 0..count-1 where selection is null. count of 0 gives zeros.
 * query and out point at head 0. SLUICE_FAST may round queries, rows and probabilities to bf16.
 */
SLUICE_API void sluice_latent_attention(
        int32_t mode,
        const float *query,
        int64_t query_stride,
        const struct sluice_pages *cache,
        const int32_t *selection,
        int64_t count,
        int64_t latent,
        int64_t rope,
        float scale,
        int64_t head_begin,
        int64_t head_end,
        float *out,
        int64_t out_stride,
        void *scratch);

/* scores[s] = scale * sum over h of weights[h] * max(0, q[h].key[s]) for s in [begin, end); scores points at position 0. */
SLUICE_API void sluice_index_scores(
        const float *query,
        const float *weights,
        int64_t heads,
        int64_t width,
        float scale,
        const struct sluice_pages *keys,
        int64_t begin,
        int64_t end,
        float *scores,
        void *scratch);

/* Writes the indices of the k largest scores, ascending; ties go to the smaller index, NaN is smallest. Returns min(k, count). */
SLUICE_API int64_t sluice_select_top_k(const float *scores, int64_t count, int64_t k, int32_t *selected, void *scratch);
/* Index of the largest value, the smallest such; NaN is smallest. -1 for none. */
SLUICE_API int64_t sluice_arg_max(const float *x, int64_t count);

#endif
