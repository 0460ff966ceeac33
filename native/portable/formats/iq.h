/*
 * IQ formats: super-blocks of 256 elements whose groups of 4 or 8 are points of a grid. The grid lies in memory, for each point
 * the indices of its values, lowest bits first: 2 bits each where there are three values, 3 bits where there are eight.
 */
#include "bytes.h"

#define POINTS GLOBAL const ushort *RESTRICT grid

/* bits 0, 2, .. 14, twice over */
#define PAIRS_OF_BITS ((iota16() & 7) << 1)
/* seven signs and an eighth that makes the number of ones even */
FN int sign7(uint k) {
    uint s = k & 127u;
    uint p = s ^ s >> 4;
    p ^= p >> 2;
    p ^= p >> 1;
    return (int)(s | (p & 1u) << 7);
}
/* v, negative where the bit of its place is set in the signs of its half */
FN f32x16 signed16(i32x16 v, int signs, int moreSigns) {
    return to_f32x16(v * (1 - ((halves16(signs, moreSigns) >> (iota16() & 7)) & 1) * 2));
}

#if defined(WEIGHT_IQ2_XXS) || defined(WEIGHT_IQ2_XS) || defined(WEIGHT_IQ2_S)
/* two points of the values 8, 25, 43 */
FN i32x16 points2(POINTS, int a, int b) {
    i32x16 q = (halves16(grid[a], grid[b]) >> PAIRS_OF_BITS) & 3;
    return q * 17 + (q >> 1) + 8;
}
FN float scale2(float d, int s) {
    return d * (0.5f + (float)s) * 0.25f;
}
#elif defined(WEIGHT_IQ3_XXS) || defined(WEIGHT_IQ3_S)
FN i32x16 indices3(POINTS, int a, int b, int c, int d) {
    return (quarters16(grid[a], grid[b], grid[c], grid[d]) >> ((iota16() & 3) * 3)) & 7;
}
#else
/* two points of the values -1, 0, 1, each shifted */
FN f32x16 points1(POINTS, int a, int b, float shift, float moreShift) {
    return to_f32x16(((halves16(grid[a], grid[b]) >> PAIRS_OF_BITS) & 3) - 1) + halves16f(shift, moreShift);
}
#endif

#if defined(WEIGHT_IQ2_XXS)
/* d, then per 32 elements 4 indices and a u32 with four 7-bit sign codes below a 4-bit scale */
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 66 * (u >> 3);
    BYTES qs = b + 2 + 8 * (u & 7);
    uint w = load_u32(qs + 4);
    float scale = scale2(load_half(b), (int)(w >> 28));
    *lo = scale * signed16(points2(grid, qs[0], qs[1]), sign7(w), sign7(w >> 7));
    *hi = scale * signed16(points2(grid, qs[2], qs[3]), sign7(w >> 14), sign7(w >> 21));
}
#elif defined(WEIGHT_IQ2_XS)
/* d, u16 qs[32], scales[8]: per group 9 bits of index and 7 of signs, a scale nibble per 16 elements */
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 74 * (u >> 3);
    int j = u & 7;
    float d = load_half(b);
    uint p = load_u16(b + 2 + 8 * j), q = load_u16(b + 4 + 8 * j), r = load_u16(b + 6 + 8 * j), s = load_u16(b + 8 + 8 * j);
    *lo = scale2(d, b[66 + j] & 15) * signed16(points2(grid, p & 511, q & 511), sign7(p >> 9), sign7(q >> 9));
    *hi = scale2(d, b[66 + j] >> 4) * signed16(points2(grid, r & 511, s & 511), sign7(r >> 9), sign7(s >> 9));
}
#elif defined(WEIGHT_IQ2_S)
/* d, idx[32], signs[32], qh[8], scales[8]: ten bits of index, a scale nibble per 16 elements */
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 82 * (u >> 3);
    int j = u & 7;
    float d = load_half(b);
    BYTES q = b + 2 + 4 * j;
    BYTES s = b + 34 + 4 * j;
    int high = b[66 + j];
    *lo = scale2(d, b[74 + j] & 15)
            * signed16(points2(grid, q[0] | (high & 3) << 8, q[1] | (high >> 2 & 3) << 8), s[0], s[1]);
    *hi = scale2(d, b[74 + j] >> 4)
            * signed16(points2(grid, q[2] | (high >> 4 & 3) << 8, q[3] | (high >> 6 & 3) << 8), s[2], s[3]);
}
#elif defined(WEIGHT_IQ3_XXS)
/* d, qs[64], then per 32 elements a u32 with four 7-bit sign codes below a 4-bit scale; values 4, 12 .. 52, 62 */
FN i32x16 points3(POINTS, BYTES q) {
    i32x16 v = indices3(grid, q[0], q[1], q[2], q[3]);
    return v * 8 + ((v + 1) >> 3) * 2 + 4;
}
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 98 * (u >> 3);
    int j = u & 7;
    uint w = load_u32(b + 66 + 4 * j);
    float scale = load_half(b) * (0.5f + (float)(int)(w >> 28)) * 0.5f;
    *lo = scale * signed16(points3(grid, b + 2 + 8 * j), sign7(w), sign7(w >> 7));
    *hi = scale * signed16(points3(grid, b + 6 + 8 * j), sign7(w >> 14), sign7(w >> 21));
}
#elif defined(WEIGHT_IQ3_S)
/* d, qs[64], qh[8], signs[32], scales[4]: d (1 + 2 s), a scale nibble per 32 elements; values 1, 3 .. 15 */
FN i32x16 points3(POINTS, BYTES q, int high) {
    return indices3(
                   grid, q[0] | (high & 1) << 8, q[1] | (high >> 1 & 1) << 8, q[2] | (high >> 2 & 1) << 8,
                   q[3] | (high >> 3 & 1) << 8)
            * 2 + 1;
}
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 110 * (u >> 3);
    int j = u & 7;
    float scale = load_half(b) * (float)(1 + 2 * (b[106 + j / 2] >> (4 * (j & 1)) & 15));
    BYTES s = b + 74 + 4 * j;
    *lo = scale * signed16(points3(grid, b + 2 + 8 * j, b[66 + j]), s[0], s[1]);
    *hi = scale * signed16(points3(grid, b + 6 + 8 * j, b[66 + j] >> 4), s[2], s[3]);
}
#elif defined(WEIGHT_IQ1_S)
/* d, qs[32], u16 qh[8]: per 32 elements 4 x 3 index bits, a 3-bit scale and the sign of the shift by an eighth */
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 50 * (u >> 3);
    int j = u & 7;
    int h = (int)load_u16(b + 34 + 2 * j);
    float scale = load_half(b) * (float)(2 * (h >> 12 & 7) + 1);
    float shift = h & 0x8000 ? -0.125f : 0.125f;
    BYTES q = b + 2 + 4 * j;
    *lo = scale * points1(grid, q[0] | (h & 7) << 8, q[1] | (h >> 3 & 7) << 8, shift, shift);
    *hi = scale * points1(grid, q[2] | (h >> 6 & 7) << 8, q[3] | (h >> 9 & 7) << 8, shift, shift);
}
#elif defined(WEIGHT_IQ1_M)
/* qs[32], qh[16], u16 sc[4]: a nibble per group with 3 index bits and the sign of the shift, a 3-bit scale per 16 elements */
FN f32x16 sixteen(BYTES b, int k, float d, POINTS) {
    float scale = d * (float)(2 * ((int)load_u16(b + 48 + 2 * (k / 4)) >> (3 * (k % 4)) & 7) + 1);
    int n = b[32 + k];
    return scale * points1(
                    grid, b[2 * k] | (n & 7) << 8, b[2 * k + 1] | (n >> 4 & 7) << 8, n & 8 ? -0.125f : 0.125f,
                    n & 128 ? -0.125f : 0.125f);
}
FN void decode_grid(BYTES row, int u, POINTS, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 56 * (u >> 3);
    uint bits = load_u16(b + 48) >> 12 | load_u16(b + 50) >> 12 << 4 | load_u16(b + 52) >> 12 << 8 | load_u16(b + 54) >> 12 << 12;
    float d = half_bits(bits);
    *lo = sixteen(b, 2 * (u & 7), d, grid);
    *hi = sixteen(b, 2 * (u & 7) + 1, d, grid);
}
#endif
