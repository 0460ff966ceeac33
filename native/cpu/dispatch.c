/* Chooses the kernels once, by what the processor has, and forwards the public functions to them. */
#include "kernels.h"
#include "formats.h"
#include <string.h>

extern const struct sluice_kernels sluice_table_portable;
#if defined(__x86_64__)
extern const struct sluice_kernels sluice_table_avx2, sluice_table_avx512, sluice_table_avx512bf16;
#if defined(SLUICE_SMALL)
/* Instrumented builds leave out what differs from another variant by nothing but a narrower choice. */
#define sluice_table_avx512 sluice_table_avx512bf16
#endif
#endif

static const struct sluice_kernels *const variants[] = {
#if defined(__x86_64__)
        &sluice_table_avx512bf16,
        &sluice_table_avx512,
        &sluice_table_avx2,
#endif
        &sluice_table_portable};

static const struct sluice_kernels *table = &sluice_table_portable;

__attribute__((constructor)) static void choose(void) {
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (variants[i]->supported()) {
            table = variants[i];
            return;
        }
    }
}

int32_t sluice_abi(void) {
    return SLUICE_ABI;
}

const char *sluice_variant(void) {
    return table->name;
}

int32_t sluice_use_variant(const char *name) {
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (!strcmp(variants[i]->name, name) && variants[i]->supported()) {
            table = variants[i];
            return 0;
        }
    }
    return -1;
}

int64_t sluice_scratch_bytes(void) {
    return SLUICE_SCRATCH_BYTES;
}

int32_t sluice_activation_kind(int32_t type, int32_t mode) {
    return table->kind(type, mode);
}

int64_t sluice_activation_bytes(int32_t kind, int64_t columns) {
    return sluice_prepared_bytes(kind, columns);
}

void sluice_prepare_rows(int32_t kind, const float *x, int64_t x_stride, int64_t rows, int64_t columns, void *prepared) {
    table->prepare(kind, x, x_stride, rows, columns, prepared);
}

void sluice_matmul(
        int32_t type, int32_t mode, const void *w, int64_t w_row_bytes, const struct sluice_scales *scales, const void *prepared,
        int64_t rows, int64_t columns, float *y, int64_t y_stride, int64_t out_begin, int64_t out_end, void *scratch) {
    struct sluice_matmul_args a = {
            .type = type, .mode = mode, .w = w, .w_row_bytes = w_row_bytes, .scales = scales, .x = prepared,
            .x_row_bytes = sluice_prepared_bytes(table->kind(type, mode), columns), .rows = rows, .columns = columns, .y = y,
            .y_stride = y_stride, .out_begin = out_begin, .out_end = out_end, .scratch = scratch};
    table->matmul(&a);
}

void sluice_matmul_transposed(
        int32_t type, const void *w, int64_t w_row_bytes, const struct sluice_scales *scales, const float *x, int64_t x_stride,
        int64_t rows, int64_t begin, int64_t count, int64_t columns, float *y, int64_t y_stride, void *scratch) {
    table->matmul_transposed(type, w, w_row_bytes, scales, x, x_stride, rows, begin, count, columns, y, y_stride, scratch);
}

void sluice_dequantise(int32_t type, const void *blocks, int64_t count, float *dst) {
    table->dequantise(type, blocks, count, dst);
}

void sluice_rms_norm(
        const float *x, int64_t x_stride, const float *weight, float eps, int64_t rows, int64_t columns, float *y, int64_t y_stride) {
    table->rms_norm(x, x_stride, weight, eps, rows, columns, y, y_stride);
}

void sluice_layer_norm(
        const float *x, int64_t x_stride, const float *weight, const float *bias, float eps, int64_t rows, int64_t columns,
        float *y, int64_t y_stride) {
    table->layer_norm(x, x_stride, weight, bias, eps, rows, columns, y, y_stride);
}

void sluice_swiglu(const float *gate, const float *up, int64_t count, float *out) {
    table->swiglu(gate, up, count, out);
}

void sluice_add(const float *a, const float *b, int64_t count, float *out) {
    table->add(a, b, count, out);
}

void sluice_add_scaled(float *out, const float *a, float factor, int64_t count) {
    table->add_scaled(out, a, factor, count);
}

void sluice_rope(
        float *x, int64_t x_stride, int64_t vectors, int64_t pairs, const float *cosine, const float *sine, int32_t interleaved) {
    table->rope(x, x_stride, vectors, pairs, cosine, sine, interleaved);
}

void sluice_latent_attention(
        int32_t mode, const float *query, int64_t query_stride, const struct sluice_pages *cache, const int32_t *selection, int64_t count,
        int64_t latent, int64_t rope, float scale, int64_t head_begin, int64_t head_end, float *out, int64_t out_stride,
        void *scratch) {
    table->attention(
            mode, query, query_stride, cache, selection, count, latent, rope, scale, head_begin, head_end, out, out_stride, scratch);
}

void sluice_index_scores(
        const float *query, const float *weights, int64_t heads, int64_t width, float scale, const struct sluice_pages *keys,
        int64_t begin, int64_t end, float *scores, void *scratch) {
    table->index_scores(query, weights, heads, width, scale, keys, begin, end, scores, scratch);
}

int64_t sluice_select_top_k(const float *scores, int64_t count, int64_t k, int32_t *selected, void *scratch) {
    return table->top_k(scores, count, k, selected, scratch);
}

int64_t sluice_arg_max(const float *x, int64_t count) {
    return table->arg_max(x, count);
}
