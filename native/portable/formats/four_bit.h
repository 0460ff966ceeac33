/* Four-bit codes into 16 unevenly spaced values: IQ4 (ggml) and e2m1 floats (OCP Microscaling Formats, 1.0). */
#include "bytes.h"

#if defined(WEIGHT_IQ4_NL) || defined(WEIGHT_IQ4_XS)
#define CODEBOOK -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
#else
/* twice the values, so that they are integers; the scales are halved, which is exact */
#define CODEBOOK 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
#endif

#if defined(WEIGHT_IQ4_NL)
/* d, qs[16]: d K[q] */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 18 * u;
    float d = load_half(b);
    i32x16 q = load_u8x16(b + 2);
    *lo = d * LOOKUP16(q & 15, CODEBOOK);
    *hi = d * LOOKUP16(q >> 4, CODEBOOK);
}
#elif defined(WEIGHT_IQ4_XS)
/* d, u16 sh, sl[4], qs[128]: d s K[q], one six-bit scale s per 32 elements */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 136 * (u >> 3);
    int j = u & 7;
    int s = (b[4 + j / 2] >> (4 * (j & 1)) & 15) | ((int)load_u16(b + 2) >> (2 * j) & 3) << 4;
    float d = load_half(b) * (float)(s - 32);
    i32x16 q = load_u8x16(b + 8 + 16 * j);
    *lo = d * LOOKUP16(q & 15, CODEBOOK);
    *hi = d * LOOKUP16(q >> 4, CODEBOOK);
}
#elif defined(WEIGHT_MXFP4)
/* u8 e, qs[16]: 2^(e - 127) value; half of the power is subnormal for e below 2 */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 17 * u;
    uint e = b[0];
    float d = AS_FLOAT(e < 2u ? 0x00200000u << e : (e - 1u) << 23);
    i32x16 q = load_u8x16(b + 1);
    *lo = d * LOOKUP16(q & 15, CODEBOOK);
    *hi = d * LOOKUP16(q >> 4, CODEBOOK);
}
#elif defined(WEIGHT_NVFP4)
/* half of an unsigned e4m3; the format has no sign and reads NaN as 0 */
FN float half_of_ue4m3(uint code) {
    uint v = code & 0x7fu;
    return v == 0x7fu ? 0.0f : v < 8u ? (float)(int)v * 0.0009765625f : AS_FLOAT((v << 20) + (119u << 23));
}
FN f32x16 sixteen(BYTES qs, float d) {
    return d * LOOKUP16((load_u8x8_twice(qs) >> halves16(0, 4)) & 15, CODEBOOK);
}
/* four scales, then 4 x qs[8]: sub-blocks of 16, low nibbles first; a unit is half a block */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 36 * (u >> 1);
    int s = 2 * (u & 1);
    *lo = sixteen(b + 4 + 8 * s, half_of_ue4m3(b[s]));
    *hi = sixteen(b + 12 + 8 * s, half_of_ue4m3(b[s + 1]));
}
#endif
