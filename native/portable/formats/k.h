/* The K formats and the ternary ones: super-blocks of 256 elements; a unit is 32 of them. */
#include "bytes.h"

/* two-bit codes: unit j of a block has bytes 32 (j / 4) .. + 32 at bit 2 (j mod 4) */
#define QUARTER_BYTE(j) (32 * ((j) >> 2))
#define QUARTER_SHIFT(j) (2 * ((j) & 3))

#if defined(WEIGHT_Q2_K)
/* scales[16], qs[64], d, dmin: d (S & 15) q - dmin (S >> 4), one S per 16 elements */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 84 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 80), dmin = load_half(b + 82);
    int s = b[2 * j], t = b[2 * j + 1];
    BYTES qs = b + 16 + QUARTER_BYTE(j);
    *lo = d * (float)(s & 15) * to_f32x16((load_u8x16(qs) >> QUARTER_SHIFT(j)) & 3) - dmin * (float)(s >> 4);
    *hi = d * (float)(t & 15) * to_f32x16((load_u8x16(qs + 16) >> QUARTER_SHIFT(j)) & 3) - dmin * (float)(t >> 4);
}
#elif defined(WEIGHT_Q3_K)
/* six-bit scale k, biased by 32, of 12 packed bytes */
FN float scale3(BYTES sc, int k) {
    int low = k < 8 ? sc[k] & 15 : sc[k - 8] >> 4;
    int high = sc[8 + k % 4] >> (2 * (k / 4)) & 3;
    return (float)((low | high << 4) - 32);
}
/* hmask[32], qs[64], sc[12], d: d s q, where a clear mask bit lowers q by 4 */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 110 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 108);
    BYTES qs = b + 32 + QUARTER_BYTE(j);
    i32x16 q = ((load_u8x16(qs) >> QUARTER_SHIFT(j)) & 3) + ((load_u8x16(b) >> j) & 1) * 4 - 4;
    i32x16 r = ((load_u8x16(qs + 16) >> QUARTER_SHIFT(j)) & 3) + ((load_u8x16(b + 16) >> j) & 1) * 4 - 4;
    *lo = d * scale3(b + 96, 2 * j) * to_f32x16(q);
    *hi = d * scale3(b + 96, 2 * j + 1) * to_f32x16(r);
}
#elif defined(WEIGHT_Q4_K) || defined(WEIGHT_Q5_K)
/* six-bit scale and minimum j of 12 packed bytes */
FN float scale4(BYTES sc, int j) {
    return (float)(j < 4 ? sc[j] & 63 : (sc[j + 4] & 15) | (sc[j - 4] >> 6) << 4);
}
FN float minimum4(BYTES sc, int j) {
    return (float)(j < 4 ? sc[j + 4] & 63 : (sc[j + 4] >> 4) | (sc[j] >> 6) << 4);
}
#if defined(WEIGHT_Q4_K)
/* d, dmin, sc[12], qs[128]: d s q - dmin m, one pair (s, m) per 32 elements */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 144 * (u >> 3);
    int j = u & 7;
    float scale = load_half(b) * scale4(b + 4, j), least = load_half(b + 2) * minimum4(b + 4, j);
    BYTES qs = b + 16 + 32 * (j / 2);
    *lo = scale * to_f32x16((load_u8x16(qs) >> (4 * (j & 1))) & 15) - least;
    *hi = scale * to_f32x16((load_u8x16(qs + 16) >> (4 * (j & 1))) & 15) - least;
}
#else
/* d, dmin, sc[12], qh[32], qs[128]: as Q4_K with bit j of qh as the fifth bit */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 176 * (u >> 3);
    int j = u & 7;
    float scale = load_half(b) * scale4(b + 4, j), least = load_half(b + 2) * minimum4(b + 4, j);
    BYTES qs = b + 48 + 32 * (j / 2);
    i32x16 q = ((load_u8x16(qs) >> (4 * (j & 1))) & 15) | ((load_u8x16(b + 16) >> j) & 1) << 4;
    i32x16 r = ((load_u8x16(qs + 16) >> (4 * (j & 1))) & 15) | ((load_u8x16(b + 32) >> j) & 1) << 4;
    *lo = scale * to_f32x16(q) - least;
    *hi = scale * to_f32x16(r) - least;
}
#endif
#elif defined(WEIGHT_Q6_K)
/* ql[128], qh[64], i8 sc[16], d: d sc (q - 32), one sc per 16 elements */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 210 * (u >> 3);
    int j = u & 7, t = j & 3;
    float d = load_half(b + 208);
    BYTES ql = b + 64 * (j >> 2) + 32 * (t & 1);
    BYTES qh = b + 128 + 32 * (j >> 2);
    int shift = 4 * (t >> 1);
    i32x16 q = ((load_u8x16(ql) >> shift) & 15) | ((load_u8x16(qh) >> (2 * t)) & 3) << 4;
    i32x16 r = ((load_u8x16(ql + 16) >> shift) & 15) | ((load_u8x16(qh + 16) >> (2 * t)) & 3) << 4;
    *lo = d * (float)(signed char)b[192 + 2 * j] * to_f32x16(q - 32);
    *hi = d * (float)(signed char)b[193 + 2 * j] * to_f32x16(r - 32);
}
#elif defined(WEIGHT_TQ2_0)
/* qs[64], d: two bits an element */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 66 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 64);
    BYTES qs = b + QUARTER_BYTE(j);
    *lo = d * to_f32x16(((load_u8x16(qs) >> QUARTER_SHIFT(j)) & 3) - 1);
    *hi = d * to_f32x16(((load_u8x16(qs + 16) >> QUARTER_SHIFT(j)) & 3) - 1);
}
#elif defined(WEIGHT_TQ1_0)
/* digit n of a byte: the integer part of three times what is left of it as a fraction of 256 */
FN int power_of_3(int n) {
    return n == 0 ? 1 : n == 1 ? 3 : n == 2 ? 9 : n == 3 ? 27 : 81;
}
FN f32x16 digits(i32x16 bytes, i32x16 powers) {
    return to_f32x16(((((bytes * powers) & 255) * 3) >> 8) - 1);
}
/*
 * qs[48], qh[4], d: five digits a byte (four in qh). Digit n of the first 32 bytes are elements 32 n .., of the next 16 bytes
 * elements 160 + 16 n .., of the last four elements 240 + 4 n ...
 */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 54 * (u >> 3);
    int j = u & 7;
    float d = load_half(b + 52);
    if (j < 5) {
        i32x16 p = splat_i16(power_of_3(j));
        *lo = d * digits(load_u8x16(b), p);
        *hi = d * digits(load_u8x16(b + 16), p);
    } else {
        int n = 2 * (j - 5);
        *lo = d * digits(load_u8x16(b + 32), splat_i16(power_of_3(n)));
        *hi = j < 7 ? d * digits(load_u8x16(b + 32), splat_i16(power_of_3(n + 1)))
                    : d * digits(cycle16(b[48], b[49], b[50], b[51]), quarters16(1, 3, 9, 27));
    }
}
#endif
