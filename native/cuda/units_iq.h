/* Units of the IQ formats, whose codes are points of a grid in memory; fields as in portable/formats/iq.h. */
#ifndef SLUICE_UNITS_IQ_H
#define SLUICE_UNITS_IQ_H

#include "../portable/formats/bytes.h"
#include "unit.h"

#define BLOCK_UNITS 8

FN uint sign7(uint k) {
    uint s = k & 127u;
    return s | (uint)(__popc(s) & 1) << 7;
}

#if defined(WEIGHT_IQ2_XXS) || defined(WEIGHT_IQ2_XS) || defined(WEIGHT_IQ2_S)
FN float scale2(float d, int s) {
    return d * (0.5f + (float)s) * 0.25f;
}
/* the values 8, 25, 43 of half a point */
FN uint values2(uint point) {
    uint v = spread2(point);
    return v * 17 + (v >> 1 & 0x01010101u) + 0x08080808u;
}
FN void point2(uint (&codes)[8], int at, uint point, uint signs) {
    codes[2 * at] = with_signs(values2(point), signs);
    codes[2 * at + 1] = with_signs(values2(point >> 8), signs >> 4);
}
#endif

#if defined(WEIGHT_IQ2_XXS)
#define BLOCK_BYTES 66
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 66 * (u >> 3);
    const uchar *qs = b + 2 + 8 * (u & 7);
    uint w = load_u32(qs + 4);
    _Pragma("unroll") for (int i = 0; i < 4; i++) point2(r.codes, i, grid[qs[i]], sign7(w >> 7 * i));
    one_scale(r, scale2(load_half(b), (int)(w >> 28)));
}
#elif defined(WEIGHT_IQ2_XS)
#define BLOCK_BYTES 74
#define TWO_SCALES
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 74 * (u >> 3);
    int j = u & 7;
    float d = load_half(b);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        uint p = load_u16(b + 2 + 8 * j + 2 * i);
        point2(r.codes, i, grid[p & 511], sign7(p >> 9));
    }
    r.scale[0] = scale2(d, b[66 + j] & 15);
    r.scale[1] = scale2(d, b[66 + j] >> 4);
}
#elif defined(WEIGHT_IQ2_S)
#define BLOCK_BYTES 82
#define TWO_SCALES
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 82 * (u >> 3);
    int j = u & 7;
    float d = load_half(b);
    int high = b[66 + j];
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        point2(r.codes, i, grid[b[2 + 4 * j + i] | (high >> 2 * i & 3) << 8], b[34 + 4 * j + i]);
    }
    r.scale[0] = scale2(d, b[74 + j] & 15);
    r.scale[1] = scale2(d, b[74 + j] >> 4);
}
#elif defined(WEIGHT_IQ3_XXS)
#define BLOCK_BYTES 98
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 98 * (u >> 3);
    int j = u & 7;
    uint w = load_u32(b + 66 + 4 * j);
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        uint v = spread3(grid[b[2 + 8 * j + i]]);
        v = v * 8 + ((v + 0x01010101u) >> 3 & 0x01010101u) * 2 + 0x04040404u;
        r.codes[i] = with_signs(v, sign7(w >> 7 * (i / 2)) >> 4 * (i & 1));
    }
    one_scale(r, load_half(b) * (0.5f + (float)(int)(w >> 28)) * 0.5f);
}
#elif defined(WEIGHT_IQ3_S)
#define BLOCK_BYTES 110
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 110 * (u >> 3);
    int j = u & 7;
    int high = b[66 + j];
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        uint v = spread3(grid[b[2 + 8 * j + i] | (high >> i & 1) << 8]) * 2 + 0x01010101u;
        r.codes[i] = with_signs(v, (uint)b[74 + 4 * j + i / 2] >> 4 * (i & 1));
    }
    one_scale(r, load_half(b) * (float)(1 + 2 * (b[106 + j / 2] >> (4 * (j & 1)) & 15)));
}
#else
/* eight times the values -1, 0, 1 shifted by an eighth, so that they are integers; scales are divided by 8, which is exact */
FN uint eighths(uint point, int down) {
    return __vsub4(spread2(point) * 8, down ? 0x09090909u : 0x07070707u);
}
FN void point1(uint (&codes)[8], int at, uint point, int down) {
    codes[2 * at] = eighths(point, down);
    codes[2 * at + 1] = eighths(point >> 8, down);
}
#if defined(WEIGHT_IQ1_S)
#define BLOCK_BYTES 50
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 50 * (u >> 3);
    int j = u & 7;
    int h = (int)load_u16(b + 34 + 2 * j);
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        point1(r.codes, i, grid[b[2 + 4 * j + i] | (h >> 3 * i & 7) << 8], h & 0x8000);
    }
    one_scale(r, load_half(b) * (float)(2 * (h >> 12 & 7) + 1) * 0.125f);
}
#else
#define BLOCK_BYTES 56
#define TWO_SCALES
FN void unpack(const uchar *tile, int u, const ushort *grid, Unit &r) {
    const uchar *b = tile + 56 * (u >> 3);
    uint bits = load_u16(b + 48) >> 12 | load_u16(b + 50) >> 12 << 4 | load_u16(b + 52) >> 12 << 8 | load_u16(b + 54) >> 12 << 12;
    float d = half_bits(bits) * 0.125f;
    _Pragma("unroll") for (int h = 0; h < 2; h++) {
        int k = 2 * (u & 7) + h, n = b[32 + k];
        point1(r.codes, 2 * h, grid[b[2 * k] | (n & 7) << 8], n & 8);
        point1(r.codes, 2 * h + 1, grid[b[2 * k + 1] | (n >> 4 & 7) << 8], n & 128);
        r.scale[h] = d * (float)(2 * ((int)load_u16(b + 48 + 2 * (k / 4)) >> (3 * (k % 4)) & 7) + 1);
    }
}
#endif
#endif

#endif
