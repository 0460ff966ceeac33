/* Unquantised types: 16 elements from element k of a row on, or fewer with zeros behind them. */
#include "bytes.h"

#if defined(WEIGHT_F32)
#define ELEMENT_BYTES 4
FN f32x16 plain16(BYTES row, int k) {
    return load_f32x16((GLOBAL const float *)row + k);
}
FN f32x16 plain_part(BYTES row, int k, int n) {
    return load_part_f32x16((GLOBAL const float *)row + k, n);
}
#elif defined(WEIGHT_F16)
#define ELEMENT_BYTES 2
FN f32x16 plain16(BYTES row, int k) {
    return half_bits16(load_u16x16((GLOBAL const ushort *)row + k));
}
FN f32x16 plain_part(BYTES row, int k, int n) {
    return half_bits16(load_part_u16x16((GLOBAL const ushort *)row + k, n));
}
#elif defined(WEIGHT_BF16)
#define ELEMENT_BYTES 2
FN f32x16 plain16(BYTES row, int k) {
    return bits_f32x16(load_u16x16((GLOBAL const ushort *)row + k) << 16);
}
FN f32x16 plain_part(BYTES row, int k, int n) {
    return bits_f32x16(load_part_u16x16((GLOBAL const ushort *)row + k, n) << 16);
}
#elif defined(WEIGHT_F8_E4M3)
#define ELEMENT_BYTES 1
FN f32x16 plain16(BYTES row, int k) {
    return e4m3_bits16(load_u8x16(row + k));
}
FN f32x16 plain_part(BYTES row, int k, int n) {
    return e4m3_bits16(load_part_u8x16(row + k, n));
}
#endif
