/* The table of this variant. */
#include "kernels.h"

#define STRING2(a) #a
#define STRING(a) STRING2(a)

int32_t NAME(kind)(int32_t, int32_t);
void NAME(prepare)(int32_t, const float *, int64_t, int64_t, int64_t, uint8_t *);
void NAME(matmul)(const struct sluice_matmul_args *);
void NAME(matmul_transposed)(
        int32_t, const uint8_t *, int64_t, const struct sluice_scales *, const float *, int64_t, int64_t, int64_t, int64_t, int64_t, float *,
        int64_t, uint8_t *);
void NAME(dequantise)(int32_t, const uint8_t *, int64_t, float *);
void NAME(rms_norm)(const float *, int64_t, const float *, float, int64_t, int64_t, float *, int64_t);
void NAME(layer_norm)(const float *, int64_t, const float *, const float *, float, int64_t, int64_t, float *, int64_t);
void NAME(swiglu)(const float *, const float *, int64_t, float *);
void NAME(add)(const float *, const float *, int64_t, float *);
void NAME(add_scaled)(float *, const float *, float, int64_t);
void NAME(rope)(float *, int64_t, int64_t, int64_t, const float *, const float *, int32_t);
void NAME(attention)(
        int32_t, const float *, int64_t, const struct sluice_pages *, const int32_t *, int64_t, int64_t, int64_t, float, int64_t, int64_t,
        float *, int64_t, uint8_t *);
void NAME(index_scores)(
        const float *, const float *, int64_t, int64_t, float, const struct sluice_pages *, int64_t, int64_t, float *, uint8_t *);
int64_t NAME(top_k)(const float *, int64_t, int64_t, int32_t *, uint8_t *);
int64_t NAME(arg_max)(const float *, int64_t);

#if defined(__x86_64__) && (defined(__AVX512F__) || defined(__AVX2__))
#include <cpuid.h>

/* What the instructions used by this object need of the processor, and of the system for saving its registers. */
static int supported(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return 0;
    }
    const unsigned fma = 1u << 12, osxsave = 1u << 27, f16c = 1u << 29;
    if ((c & (fma | osxsave | f16c)) != (fma | osxsave | f16c)) {
        return 0;
    }
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    unsigned b7, c7, d7;
    if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7) || (low & 6) != 6 || !(b7 >> 5 & 1)) {
        return 0;
    }
#if defined(__AVX512F__)
    /* F, DQ, BW, VL; VBMI, VNNI, BITALG */
    const unsigned need_b = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31, need_c = 1u << 1 | 1u << 11 | 1u << 12;
    if ((low & 0xe6) != 0xe6 || (b7 & need_b) != need_b || (c7 & need_c) != need_c) {
        return 0;
    }
#if defined(__AVX512BF16__)
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) {
        return 0;
    }
#endif
#endif
    return 1;
}
#else
static int supported(void) {
    return 1;
}
#endif

const struct sluice_kernels NAME(table) = {
        .name = STRING(SLUICE_VARIANT),
        .supported = supported,
        .kind = NAME(kind),
        .prepare = NAME(prepare),
        .matmul = NAME(matmul),
        .matmul_transposed = NAME(matmul_transposed),
        .dequantise = NAME(dequantise),
        .rms_norm = NAME(rms_norm),
        .layer_norm = NAME(layer_norm),
        .swiglu = NAME(swiglu),
        .add = NAME(add),
        .add_scaled = NAME(add_scaled),
        .rope = NAME(rope),
        .attention = NAME(attention),
        .index_scores = NAME(index_scores),
        .top_k = NAME(top_k),
        .arg_max = NAME(arg_max)};
