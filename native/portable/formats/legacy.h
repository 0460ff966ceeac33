/* ggml's first formats: 32 elements, the low nibble of byte j is element j, the high one element j + 16. */
#include "bytes.h"

#if defined(WEIGHT_Q4_0)
/* d, qs[16]: d (q - 8) */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 18 * u;
    float d = load_half(b);
    i32x16 q = load_u8x16(b + 2);
    *lo = d * to_f32x16((q & 15) - 8);
    *hi = d * to_f32x16((q >> 4) - 8);
}
#elif defined(WEIGHT_Q4_1)
/* d, m, qs[16]: d q + m */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 20 * u;
    float d = load_half(b), m = load_half(b + 2);
    i32x16 q = load_u8x16(b + 4);
    *lo = d * to_f32x16(q & 15) + m;
    *hi = d * to_f32x16(q >> 4) + m;
}
#elif defined(WEIGHT_Q5_0)
/* d, qh, qs[16], bit e of qh is the fifth bit of element e: d (q - 16) */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 22 * u;
    float d = load_half(b);
    i32x16 q = load_u8x16(b + 6);
    *lo = d * to_f32x16(((q & 15) | ((splat_i16((int)load_u16(b + 2)) >> iota16()) & 1) << 4) - 16);
    *hi = d * to_f32x16(((q >> 4) | ((splat_i16((int)load_u16(b + 4)) >> iota16()) & 1) << 4) - 16);
}
#elif defined(WEIGHT_Q5_1)
/* d, m, qh, qs[16]: d q + m */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 24 * u;
    float d = load_half(b), m = load_half(b + 2);
    i32x16 q = load_u8x16(b + 8);
    *lo = d * to_f32x16((q & 15) | ((splat_i16((int)load_u16(b + 4)) >> iota16()) & 1) << 4) + m;
    *hi = d * to_f32x16((q >> 4) | ((splat_i16((int)load_u16(b + 6)) >> iota16()) & 1) << 4) + m;
}
#elif defined(WEIGHT_Q8_0)
/* d, i8[32]: d q */
FN void decode(BYTES row, int u, f32x16 *lo, f32x16 *hi) {
    BYTES b = row + 34 * u;
    float d = load_half(b);
    *lo = d * to_f32x16(load_i8x16(b + 2));
    *hi = d * to_f32x16(load_i8x16(b + 18));
}
#endif
