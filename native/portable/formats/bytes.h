/* Fields of stored blocks. Blocks start at even addresses unless their format has an odd size. */
#ifndef SLUICE_BYTES_H
#define SLUICE_BYTES_H

#include "../vec16.h"

#define BYTES GLOBAL const uchar *

FN uint load_u16(BYTES p) {
    return *(GLOBAL const ushort *)p;
}

FN uint load_u32(BYTES p) {
    return load_u16(p) | load_u16(p + 2) << 16;
}

#if defined(__CUDACC__) && !defined(SLUICE_EMULATED)
FN float half_bits(uint h) {
    float v;
    asm("cvt.f32.f16 %0, %1;" : "=f"(v) : "h"((ushort)h));
    return v;
}

FN f32x16 half_bits16(i32x16 h) { MAKE16(f32x16, half_bits((uint)h.v[i])); }
#else
/* IEEE half precision in integer arithmetic: subnormals survive on devices that flush floats, no fp16 support is needed */
FN float half_bits(uint h) {
    uint magnitude = h & 0x7fffu;
    float v;
    if (magnitude < 0x0400u) {
        v = (float)(int)magnitude * 5.9604644775390625e-8f; /* 2^-24 */
    } else {
        v = AS_FLOAT((magnitude << 13) + (magnitude < 0x7c00u ? 112u << 23 : 224u << 23));
    }
    return h & 0x8000u ? -v : v;
}

FN f32x16 half_bits16(i32x16 h) {
    i32x16 magnitude = h & 0x7fff;
    i32x16 exponent = magnitude >> 10;
    f32x16 normal = bits_f32x16((magnitude << 13) + (112 << 23));
    f32x16 v = select16(equals16(exponent, 0), to_f32x16(magnitude) * 5.9604644775390625e-8f, normal);
    v = select16(equals16(exponent, 31), bits_f32x16((magnitude << 13) + (224 << 23)), v);
    return select16(equals16(h >> 15, 0), v, splat16(0.0f) - v);
}
#endif

FN float load_half(BYTES p) {
    return half_bits(load_u16(p));
}

/* OCP e4m3fn, subnormals and NaN included */
FN float e4m3_bits(uint b) {
    uint magnitude = b & 0x7fu;
    float v;
    if (magnitude < 8u) {
        v = (float)(int)magnitude * 0.001953125f; /* 2^-9 */
    } else {
        v = AS_FLOAT(magnitude == 0x7fu ? 0x7fc00000u : (magnitude << 20) + (120u << 23));
    }
    return b & 0x80u ? -v : v;
}

FN f32x16 e4m3_bits16(i32x16 b) {
    i32x16 magnitude = b & 0x7f;
    f32x16 normal = bits_f32x16((magnitude << 20) + (120 << 23));
    f32x16 v = select16(equals16(magnitude >> 3, 0), to_f32x16(magnitude) * 0.001953125f, normal); /* 2^-9 */
    v = select16(equals16(magnitude, 0x7f), splat16(AS_FLOAT(0x7fc00000)), v);
    return select16(equals16(b & 0x80, 0), v, splat16(0.0f) - v);
}

#endif
