/* Four lanes in the compiler's own vectors: NEON on aarch64, SSE2 on x86, plain C elsewhere. */
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define VL 4
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint32_t vu __attribute__((vector_size(16)));
typedef int16_t vs8 __attribute__((vector_size(16)));
typedef int8_t vb16 __attribute__((vector_size(16)));

#define CODE_FLIP 0
#define CODE_START(n) ((void)(n), 0)

INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
INLINE vf vf_set1(float a) { return (vf){a, a, a, a}; }
INLINE vf vf_load(const void *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vf_store(void *p, vf a) { memcpy(p, &a, sizeof a); }
INLINE vf vf_load_tail(const float *p, int n) {
    vf v = vf_zero();
    memcpy(&v, p, (size_t)n * 4);
    return v;
}
INLINE void vf_store_tail(float *p, vf a, int n) { memcpy(p, &a, (size_t)n * 4); }
INLINE vf vf_add(vf a, vf b) { return a + b; }
INLINE vf vf_sub(vf a, vf b) { return a - b; }
INLINE vf vf_mul(vf a, vf b) { return a * b; }
INLINE vf vf_div(vf a, vf b) { return a / b; }
#if defined(__ARM_NEON)
INLINE vf vf_fma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE vf vf_fnma(vf a, vf b, vf c) { return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
/* Without a fused instruction a rounded product is as good; what counts is that every lane does the same. */
INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
#endif
INLINE vf vf_max(vf a, vf b) {
    vi m = a > b;
    return (vf)(((vi)a & m) | ((vi)b & ~m));
}
INLINE vf vf_min(vf a, vf b) {
    vi m = a < b;
    return (vf)(((vi)a & m) | ((vi)b & ~m));
}
INLINE vf vf_abs(vf a) { return (vf)((vi)a & 0x7fffffff); }
INLINE float vf_sum(vf a) { return (a[0] + a[2]) + (a[1] + a[3]); }
INLINE float vf_largest(vf a) {
    float m = a[0];
    for (int i = 1; i < 4; i++) {
        m = a[i] > m ? a[i] : m;
    }
    return m;
}
INLINE vf vf_of_vi(vi a) { return __builtin_convertvector(a, vf); }
INLINE vf vf_round(vf a) {
    /* Adding and taking away 1.5 * 2^23 rounds to the nearest integer; callers stay far below 2^22. */
    vf magic = vf_set1(0x1.8p23f);
    return (a + magic) - magic;
}
INLINE vi vi_round(vf a) { return __builtin_convertvector(vf_round(a), vi); }
/* a * 2^n for integral n held as floats, clamped by the caller to the normal range */
INLINE vf vf_scale2(vf a, vf n) { return a * (vf)((__builtin_convertvector(n, vi) + 127) << 23); }
INLINE float float_of_f16(uint16_t h) {
    uint32_t magnitude = (uint32_t)(h & 0x7fff) << 13, sign = (uint32_t)(h & 0x8000) << 16;
    /* Infinity and NaN keep the top exponent; 2^112 moves all others exactly, subnormals included. */
    uint32_t f = magnitude >= 0x7c00u << 13 ? magnitude + (224u << 23) : bits_of_float(float_of_bits(magnitude) * 0x1p112f);
    return float_of_bits(f | sign);
}
INLINE vf vf_load_bf16(const void *p) {
    const uint8_t *b = p;
    return (vf){float_of_bf16(load_u16(b)), float_of_bf16(load_u16(b + 2)), float_of_bf16(load_u16(b + 4)),
                float_of_bf16(load_u16(b + 6))};
}
INLINE vf vf_load_f16(const void *p) {
    const uint8_t *b = p;
    return (vf){float_of_f16(load_u16(b)), float_of_f16(load_u16(b + 2)), float_of_f16(load_u16(b + 4)),
                float_of_f16(load_u16(b + 6))};
}
INLINE vf vf_load_e4m3(const void *p) {
    const uint8_t *b = p;
    return (vf){float_of_e4m3(b[0]), float_of_e4m3(b[1]), float_of_e4m3(b[2]), float_of_e4m3(b[3])};
}

INLINE vi vi_zero(void) { return (vi){0, 0, 0, 0}; }
INLINE vi vi_set1(int32_t a) { return (vi){a, a, a, a}; }
INLINE vi vi_load(const void *p) {
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void vi_store(void *p, vi a) { memcpy(p, &a, sizeof a); }
INLINE vi vi_add(vi a, vi b) { return a + b; }
INLINE vi vi_mul(vi a, vi b) { return a * b; }
/* acc + four products per lane of stored codes w with activations x */
INLINE vi vi_dot4(vi acc, vi w, vi x) {
#if defined(__ARM_FEATURE_DOTPROD)
    return (vi)vdotq_s32((int32x4_t)acc, (int8x16_t)w, (int8x16_t)x);
#else
    /* Sign-extending shifts pick byte i of each lane. */
    for (int i = 0; i < 4; i++) {
        acc += ((vi)((vu)w << (24 - 8 * i)) >> 24) * ((vi)((vu)x << (24 - 8 * i)) >> 24);
    }
    return acc;
#endif
}
/* acc + two products of int16 per lane */
INLINE vi vi_dot2(vi acc, vi a, vi b) {
    return acc + ((vi)((vu)a << 16) >> 16) * ((vi)((vu)b << 16) >> 16) + (a >> 16) * (b >> 16);
}
/* 4 int32 to int8, as the values fit */
INLINE void vi_store_i8(int8_t *p, vi a) {
    for (int i = 0; i < 4; i++) {
        p[i] = (int8_t)a[i];
    }
}
