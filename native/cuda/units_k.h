/* Units of the K formats and the ternary ones; fields as in portable/formats/k.h. */
#ifndef SLUICE_UNITS_K_H
#define SLUICE_UNITS_K_H

#include "../portable/formats/bytes.h"
#include "unit.h"

#define BLOCK_UNITS 8
#define QUARTER_BYTE(j) (32 * ((j) >> 2))
#define QUARTER_SHIFT(j) (2 * ((j) & 3))

#if defined(WEIGHT_Q2_K)
#define BLOCK_BYTES 84
#define TWO_SCALES
#define WITH_MINIMUM
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 84 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 80), dmin = load_half(b + 82);
    words_at(b + 16 + QUARTER_BYTE(j), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) r.codes[i] = r.codes[i] >> QUARTER_SHIFT(j) & 0x03030303u;
    _Pragma("unroll") for (int h = 0; h < 2; h++) {
        int s = b[2 * j + h];
        r.scale[h] = d * (float)(s & 15);
        r.minimum[h] = dmin * (float)(s >> 4);
    }
}
#elif defined(WEIGHT_Q3_K)
#define BLOCK_BYTES 110
#define TWO_SCALES
#define BIAS 4
FN float scale3(const uchar *sc, int k) {
    int low = k < 8 ? sc[k] & 15 : sc[k - 8] >> 4;
    int high = sc[8 + k % 4] >> (2 * (k / 4)) & 3;
    return (float)((low | high << 4) - 32);
}
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 110 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 108);
    uint mask[8];
    words_at(b, mask);
    words_at(b + 32 + QUARTER_BYTE(j), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        r.codes[i] = (r.codes[i] >> QUARTER_SHIFT(j) & 0x03030303u) | (mask[i] >> j & 0x01010101u) << 2;
    }
    r.scale[0] = d * scale3(b + 96, 2 * j);
    r.scale[1] = d * scale3(b + 96, 2 * j + 1);
}
#elif defined(WEIGHT_Q4_K) || defined(WEIGHT_Q5_K)
#define WITH_MINIMUM
FN float scale4(const uchar *sc, int j) {
    return (float)(j < 4 ? sc[j] & 63 : (sc[j + 4] & 15) | (sc[j - 4] >> 6) << 4);
}
FN float minimum4(const uchar *sc, int j) {
    return (float)(j < 4 ? sc[j + 4] & 63 : (sc[j + 4] >> 4) | (sc[j] >> 6) << 4);
}
#if defined(WEIGHT_Q4_K)
#define BLOCK_BYTES 144
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 144 * (u >> 3);
    int j = u & 7;
    words_at(b + 16 + 32 * (j / 2), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) r.codes[i] = r.codes[i] >> (4 * (j & 1)) & 0x0f0f0f0fu;
    one_scale(r, load_half(b) * scale4(b + 4, j));
    one_minimum(r, load_half(b + 2) * minimum4(b + 4, j));
}
#else
#define BLOCK_BYTES 176
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 176 * (u >> 3);
    int j = u & 7;
    uint high[8];
    words_at(b + 16, high);
    words_at(b + 48 + 32 * (j / 2), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        r.codes[i] = (r.codes[i] >> (4 * (j & 1)) & 0x0f0f0f0fu) | (high[i] >> j & 0x01010101u) << 4;
    }
    one_scale(r, load_half(b) * scale4(b + 4, j));
    one_minimum(r, load_half(b + 2) * minimum4(b + 4, j));
}
#endif
#elif defined(WEIGHT_Q6_K)
#define BLOCK_BYTES 210
#define TWO_SCALES
#define BIAS 32
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 210 * (u >> 3);
    int j = u & 7, t = j & 3;
    float d = load_half(b + 208);
    uint high[8];
    words_at(b + 128 + 32 * (j >> 2), high);
    words_at(b + 64 * (j >> 2) + 32 * (t & 1), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        r.codes[i] = (r.codes[i] >> (4 * (t >> 1)) & 0x0f0f0f0fu) | (high[i] >> (2 * t) & 0x03030303u) << 4;
    }
    r.scale[0] = d * (float)(signed char)b[192 + 2 * j];
    r.scale[1] = d * (float)(signed char)b[193 + 2 * j];
}
#elif defined(WEIGHT_TQ2_0)
#define BLOCK_BYTES 66
#define BIAS 1
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 66 * (u >> 3);
    int j = u & 7;
    words_at(b + QUARTER_BYTE(j), r.codes);
    _Pragma("unroll") for (int i = 0; i < 8; i++) r.codes[i] = r.codes[i] >> QUARTER_SHIFT(j) & 0x03030303u;
    one_scale(r, load_half(b + 64));
}
#elif defined(WEIGHT_TQ1_0)
#define BLOCK_BYTES 54
#define BIAS 1
FN int power_of_3(int n) {
    return n == 0 ? 1 : n == 1 ? 3 : n == 2 ? 9 : n == 3 ? 27 : 81;
}
/* digit of each byte of a word: the integer part of three times what is left of it as a fraction of 256 */
FN uint digits(uint w, int power) {
    uint even = (w & 0x00ff00ffu) * (uint)power & 0x00ff00ffu, odd = (w >> 8 & 0x00ff00ffu) * (uint)power & 0x00ff00ffu;
    return (even * 3 >> 8 & 0x00030003u) | (odd * 3 & 0x03000300u);
}
FN void unpack(const uchar *tile, int u, const ushort *, Unit &r) {
    const uchar *b = tile + 54 * (u >> 3);
    int j = u & 7;
    int n = 2 * (j - 5);
    words_at(b + (j < 5 ? 0 : 32), r.codes);
    uint last = (uint)b[48] | (uint)b[49] << 8 | (uint)b[50] << 16 | (uint)b[51] << 24;
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        uint low = r.codes[i], high = j < 5 ? r.codes[4 + i] : j < 7 ? low : last;
        r.codes[i] = digits(low, power_of_3(j < 5 ? j : n));
        r.codes[4 + i] = digits(high, power_of_3(j < 5 ? j : j < 7 ? n + 1 : i));
    }
    one_scale(r, load_half(b + 52));
}
#endif

#endif
