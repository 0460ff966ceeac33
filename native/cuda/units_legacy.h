/* Units of ggml's first formats and of the four-bit codebooks; fields as in portable/formats. `tile` starts at a block. */
#ifndef SLUICE_UNITS_LEGACY_H
#define SLUICE_UNITS_LEGACY_H

#include "../portable/formats/bytes.h"
#include "unit.h"

#define NIBBLES 0x0f0f0f0fu

#if defined(WEIGHT_Q8_0)
#define BLOCK_BYTES 34
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 34 * u;
    words_at(b + 2, r.codes);
    one_scale(r, load_half(b));
}
#elif defined(WEIGHT_Q4_0)
#define BLOCK_BYTES 18
#define BIAS 8
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 18 * u;
    uint w[4];
    words_at(b + 2, w);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        r.codes[i] = w[i] & NIBBLES;
        r.codes[4 + i] = w[i] >> 4 & NIBBLES;
    }
    one_scale(r, load_half(b));
}
#elif defined(WEIGHT_Q4_1)
#define BLOCK_BYTES 20
#define WITH_MINIMUM
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 20 * u;
    uint w[4];
    words_at(b + 4, w);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        r.codes[i] = w[i] & NIBBLES;
        r.codes[4 + i] = w[i] >> 4 & NIBBLES;
    }
    one_scale(r, load_half(b));
    one_minimum(r, -load_half(b + 2));
}
#elif defined(WEIGHT_Q5_0) || defined(WEIGHT_Q5_1)
#if defined(WEIGHT_Q5_0)
#define BLOCK_BYTES 22
#define BIAS 16
#define HIGH_AT 2
#else
#define BLOCK_BYTES 24
#define WITH_MINIMUM
#define HIGH_AT 4
#endif
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + BLOCK_BYTES * u;
    uint w[4], high = load_u32(b + HIGH_AT);
    words_at(b + HIGH_AT + 4, w);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        r.codes[i] = (w[i] & NIBBLES) | spread1(high >> 4 * i) << 4;
        r.codes[4 + i] = (w[i] >> 4 & NIBBLES) | spread1(high >> (16 + 4 * i)) << 4;
    }
    one_scale(r, load_half(b));
#if defined(WEIGHT_Q5_1)
    one_minimum(r, -load_half(b + 2));
#endif
}
#elif defined(WEIGHT_IQ4_NL) || defined(WEIGHT_IQ4_XS)
/* -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 */
#define LOOK_UP(w) look_up(w, 0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u)
FN void nibbles(const uchar *qs, Unit &r) {
    uint w[4];
    words_at(qs, w);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        r.codes[i] = LOOK_UP(w[i] & NIBBLES);
        r.codes[4 + i] = LOOK_UP(w[i] >> 4 & NIBBLES);
    }
}
#if defined(WEIGHT_IQ4_NL)
#define BLOCK_BYTES 18
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 18 * u;
    nibbles(b + 2, r);
    one_scale(r, load_half(b));
}
#else
#define BLOCK_BYTES 136
#define BLOCK_UNITS 8
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 136 * (u >> 3);
    int j = u & 7;
    int s = (b[4 + j / 2] >> (4 * (j & 1)) & 15) | ((int)load_u16(b + 2) >> (2 * j) & 3) << 4;
    nibbles(b + 8 + 16 * j, r);
    one_scale(r, load_half(b) * (float)(s - 32));
}
#endif
#else
/* twice the values of e2m1: 0, 1, 2, 3, 4, 6, 8, 12 and their negatives */
#define LOOK_UP(w) look_up(w, 0x03020100u, 0x0c080604u, 0xfdfeff00u, 0xf4f8fafcu)
#if defined(WEIGHT_MXFP4)
#define BLOCK_BYTES 17
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 17 * u;
    uint e = b[0], w[4];
    words_at(b + 1, w);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        r.codes[i] = LOOK_UP(w[i] & NIBBLES);
        r.codes[4 + i] = LOOK_UP(w[i] >> 4 & NIBBLES);
    }
    one_scale(r, AS_FLOAT(e < 2u ? 0x00200000u << e : (e - 1u) << 23));
}
#elif defined(WEIGHT_NVFP4)
#define BLOCK_BYTES 36
#define BLOCK_UNITS 2
/* half of an unsigned e4m3; the format has no sign and reads NaN as 0 */
FN float half_of_ue4m3(uint code) {
    uint v = code & 0x7fu;
    return v == 0x7fu ? 0.0f : v < 8u ? (float)(int)v * 0.0009765625f : AS_FLOAT((v << 20) + (119u << 23));
}
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 36 * (u >> 1);
    int s = 2 * (u & 1);
    uint w[4];
    words_at(b + 4 + 8 * s, w);
    _Pragma("unroll") for (int h = 0; h < 2; h++) {
        r.codes[4 * h] = LOOK_UP(w[2 * h] & NIBBLES);
        r.codes[4 * h + 1] = LOOK_UP(w[2 * h + 1] & NIBBLES);
        r.codes[4 * h + 2] = LOOK_UP(w[2 * h] >> 4 & NIBBLES);
        r.codes[4 * h + 3] = LOOK_UP(w[2 * h + 1] >> 4 & NIBBLES);
        r.scale[h] = half_of_ue4m3(b[s + h]);
    }
}
#define TWO_SCALES
#endif
#endif

#endif
