/* Vectors of 16: OpenCL's own, and structs with the same operators in CUDA, which the compiler keeps in registers. */
#ifndef SLUICE_VEC16_H
#define SLUICE_VEC16_H

#include "dialect.h"

#ifdef __CUDACC__

struct f32x16 {
    float v[16];
};
struct i32x16 {
    int v[16];
};

#define EACH16 _Pragma("unroll") for (int i = 0; i < 16; i++)
#define VECTOR_OPERATOR(result, left, right, op, a, b) \
    FN result operator op(left x, right y) { \
        result r; \
        EACH16 r.v[i] = a op b; \
        return r; \
    }
#define VECTOR_OPERATORS(vector, scalar, op) \
    VECTOR_OPERATOR(vector, vector, vector, op, x.v[i], y.v[i]) \
    VECTOR_OPERATOR(vector, vector, scalar, op, x.v[i], y) \
    VECTOR_OPERATOR(vector, scalar, vector, op, x, y.v[i])
VECTOR_OPERATORS(f32x16, float, +)
VECTOR_OPERATORS(f32x16, float, -)
VECTOR_OPERATORS(f32x16, float, *)
VECTOR_OPERATORS(i32x16, int, +)
VECTOR_OPERATORS(i32x16, int, -)
VECTOR_OPERATORS(i32x16, int, *)
VECTOR_OPERATORS(i32x16, int, &)
VECTOR_OPERATORS(i32x16, int, |)
VECTOR_OPERATORS(i32x16, int, >>)
VECTOR_OPERATORS(i32x16, int, <<)

#define MAKE16(type, expression) \
    type r; \
    EACH16 r.v[i] = expression; \
    return r

FN f32x16 splat16(float x) { MAKE16(f32x16, x); }
FN i32x16 splat_i16(int x) { MAKE16(i32x16, x); }
FN i32x16 iota16(void) { MAKE16(i32x16, i); }
/* a eight times, then b eight times */
FN i32x16 halves16(int a, int b) { MAKE16(i32x16, i < 8 ? a : b); }
FN f32x16 halves16f(float a, float b) { MAKE16(f32x16, i < 8 ? a : b); }
/* a four times, then b, c and d */
FN i32x16 quarters16(int a, int b, int c, int d) { MAKE16(i32x16, i < 4 ? a : i < 8 ? b : i < 12 ? c : d); }
/* a, b, c, d four times over */
FN i32x16 cycle16(int a, int b, int c, int d) { MAKE16(i32x16, (i & 3) == 0 ? a : (i & 3) == 1 ? b : (i & 3) == 2 ? c : d); }
/* where the condition is -1 rather than 0, yes */
FN f32x16 select16(i32x16 condition, f32x16 yes, f32x16 no) { MAKE16(f32x16, condition.v[i] ? yes.v[i] : no.v[i]); }
FN i32x16 equals16(i32x16 a, int b) { MAKE16(i32x16, a.v[i] == b ? -1 : 0); }
FN f32x16 to_f32x16(i32x16 x) { MAKE16(f32x16, (float)x.v[i]); }
FN f32x16 bits_f32x16(i32x16 x) { MAKE16(f32x16, __int_as_float(x.v[i])); }
FN f32x16 fma16(f32x16 a, f32x16 b, f32x16 c) { MAKE16(f32x16, fmaf(a.v[i], b.v[i], c.v[i])); }
FN f32x16 load_f32x16(const float *p) { MAKE16(f32x16, p[i]); }
FN i32x16 load_u8x16(const uchar *p) { MAKE16(i32x16, p[i]); }
FN i32x16 load_i8x16(const uchar *p) { MAKE16(i32x16, (signed char)p[i]); }
FN i32x16 load_u16x16(const ushort *p) { MAKE16(i32x16, p[i]); }
/* eight bytes, twice over */
FN i32x16 load_u8x8_twice(const uchar *p) { MAKE16(i32x16, p[i & 7]); }
FN void store_f32x16(float *p, f32x16 x) { EACH16 p[i] = x.v[i]; }
/* elements p[0 .. n), zeros behind */
FN f32x16 load_part_f32x16(const float *p, int n) { MAKE16(f32x16, i < n ? p[i] : 0.0f); }
FN i32x16 load_part_u8x16(const uchar *p, int n) { MAKE16(i32x16, i < n ? p[i] : 0); }
FN i32x16 load_part_u16x16(const ushort *p, int n) { MAKE16(i32x16, i < n ? p[i] : 0); }
FN void spread16(f32x16 x, float *t) { EACH16 t[i] = x.v[i]; }
FN void store_part_f32x16(float *p, f32x16 x, int n) { EACH16 if (i < n) p[i] = x.v[i]; }

/* the values that codes 0 .. 15 stand for */
#define LOOKUP16(codes, ...) lookup16(codes, {__VA_ARGS__})
struct codebook {
    signed char v[16];
};
/* out of two words, as an array that is indexed would lie in memory */
FN f32x16 lookup16(i32x16 codes, const codebook &book) {
    ulong low = 0, high = 0;
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        low |= (ulong)(uchar)book.v[i] << 8 * i;
        high |= (ulong)(uchar)book.v[8 + i] << 8 * i;
    }
    MAKE16(f32x16, (float)(signed char)((codes.v[i] & 8 ? high : low) >> 8 * (codes.v[i] & 7)));
}

FN float sum16(f32x16 x) {
    float s[8];
    _Pragma("unroll") for (int i = 0; i < 8; i++) s[i] = x.v[i] + x.v[i + 8];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

#else

typedef float16 f32x16;
typedef int16 i32x16;

#define splat16(x) ((float16)(x))
#define splat_i16(x) ((int16)(x))
#define iota16() ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define halves16(a, b) ((int16)((int8)(a), (int8)(b)))
#define halves16f(a, b) ((float16)((float8)(a), (float8)(b)))
#define quarters16(a, b, c, d) ((int16)((int4)(a), (int4)(b), (int4)(c), (int4)(d)))
#define cycle16(a, b, c, d) ((int16)(a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d))
#define select16(condition, yes, no) select(no, yes, condition)
#define equals16(a, b) ((a) == (b))
#define to_f32x16(x) convert_float16(x)
#define bits_f32x16(x) as_float16(x)
#define fma16(a, b, c) FMA(a, b, c)
#define load_f32x16(p) vload16(0, p)
#define load_u8x16(p) convert_int16(vload16(0, p))
#define load_i8x16(p) convert_int16(as_char16(vload16(0, p)))
#define load_u16x16(p) convert_int16(vload16(0, p))
#define store_f32x16(p, x) vstore16(x, 0, p)
#define load_private16(p) vload16(0, p)
#define store_private16(p, x) vstore16(x, 0, p)
#define spread16(x, t) vstore16(x, 0, t)

/* the values that codes 0 .. 15 stand for */
#define LOOKUP16(codes, ...) convert_float16(shuffle((char16)(__VA_ARGS__), convert_uchar16(codes)))

FN i32x16 load_u8x8_twice(GLOBAL const uchar *p) {
    int8 x = convert_int8(vload8(0, p));
    return (int16)(x, x);
}

FN f32x16 load_part_f32x16(GLOBAL const float *p, int n) {
    float t[16];
    for (int i = 0; i < 16; i++) {
        t[i] = i < n ? p[i] : 0.0f;
    }
    return vload16(0, t);
}

FN i32x16 load_part_u8x16(GLOBAL const uchar *p, int n) {
    int t[16];
    for (int i = 0; i < 16; i++) {
        t[i] = i < n ? p[i] : 0;
    }
    return vload16(0, t);
}

FN i32x16 load_part_u16x16(GLOBAL const ushort *p, int n) {
    int t[16];
    for (int i = 0; i < 16; i++) {
        t[i] = i < n ? p[i] : 0;
    }
    return vload16(0, t);
}

FN void store_part_f32x16(GLOBAL float *p, f32x16 x, int n) {
    float t[16];
    vstore16(x, 0, t);
    for (int i = 0; i < n; i++) {
        p[i] = t[i];
    }
}

FN float sum16(f32x16 x) {
#ifdef SCALAR_SUMS
    /* the same sums for oclgrind, which loses track of what is initialised when halves of vectors are added */
    float u0 = (x.s0 + x.s8) + (x.s4 + x.sc), u1 = (x.s1 + x.s9) + (x.s5 + x.sd);
    float u2 = (x.s2 + x.sa) + (x.s6 + x.se), u3 = (x.s3 + x.sb) + (x.s7 + x.sf);
    return (u0 + u2) + (u1 + u3);
#else
    float8 a = x.lo + x.hi;
    float4 b = a.lo + a.hi;
    return (b.x + b.z) + (b.y + b.w);
#endif
}

#endif

#endif
