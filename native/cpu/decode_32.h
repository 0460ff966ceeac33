/* Formats with a float scale per 32 codes or fewer: value = d * code + m. One function per format decodes one block. */
#ifndef SLUICE_DECODE_32_H
#define SLUICE_DECODE_32_H

#include "kernels.h"
#include "simd.h"

static const int8_t sluice_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/* Twice the e2m1 values, so that they are integers. */
static const int8_t sluice_fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

INLINE void decode_q4_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    for (int i = 0; i < 16; i++) {
        code[i] = (int8_t)((b[2 + i] & 15) - 8);
        code[i + 16] = (int8_t)((b[2 + i] >> 4) - 8);
    }
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_q4_1(const uint8_t *b, int8_t *code, float *d, float *m) {
    for (int i = 0; i < 16; i++) {
        code[i] = (int8_t)(b[4 + i] & 15);
        code[i + 16] = (int8_t)(b[4 + i] >> 4);
    }
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = float_of_f16(load_u16(b + 2));
}

INLINE void decode_q5(const uint8_t *qh, const uint8_t *qs, int offset, int8_t *code) {
    uint32_t high = load_u32(qh);
    for (int i = 0; i < 16; i++) {
        code[i] = (int8_t)(((qs[i] & 15) | (high >> i & 1) << 4) - offset);
        code[i + 16] = (int8_t)(((qs[i] >> 4) | (high >> (i + 16) & 1) << 4) - offset);
    }
}

INLINE void decode_q5_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_q5(b + 2, b + 6, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_q5_1(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_q5(b + 4, b + 8, 0, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = float_of_f16(load_u16(b + 2));
}

INLINE void decode_q8_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    memcpy(code, b + 2, 32);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_table(const uint8_t *qs, const int8_t *values, int half, int8_t *code) {
    for (int i = 0; i < half; i++) {
        code[i] = values[qs[i] & 15];
        code[i + half] = values[qs[i] >> 4];
    }
}

INLINE void decode_iq4_nl(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 2, sluice_iq4_values, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

/* Half of 2^(e - 127), as the codes are doubled; e below 2 is subnormal. */
INLINE float half_of_e8m0(uint8_t e) {
    return float_of_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

INLINE void decode_mxfp4(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 1, sluice_fp4_values, 16, code);
    d[0] = d[1] = half_of_e8m0(b[0]);
    m[0] = 0;
}

/* Unsigned e4m3 without its top bit, halved as the codes are doubled; 0x7f counts as zero. */
INLINE float half_of_ue4m3(uint8_t v) {
    int e = v >> 3 & 15, f = v & 7;
    return v == 0x7f || v == 0 ? 0 : e ? float_of_bits((uint32_t)(e + 119) << 23 | (uint32_t)f << 20) : (float)f * 0x1p-10f;
}

/* Half h of an NVFP4 block of 64. */
INLINE void decode_nvfp4(const uint8_t *b, int h, int8_t *code, float *d, float *m) {
    for (int i = 0; i < 2; i++) {
        decode_table(b + 4 + 8 * (2 * h + i), sluice_fp4_values, 8, code + 16 * i);
        d[i] = half_of_ue4m3(b[2 * h + i]);
    }
    m[0] = 0;
}

/* Codes [32 * group, 32 * group + 32) of a row: d[0], d[1] are the scales of its halves, m its offset. */
INLINE void decode_32(int32_t type, const uint8_t *row, int64_t group, int8_t *code, float *d, float *m) {
    switch (type) {
        case SLUICE_Q4_0: decode_q4_0(row + 18 * group, code, d, m); break;
        case SLUICE_Q4_1: decode_q4_1(row + 20 * group, code, d, m); break;
        case SLUICE_Q5_0: decode_q5_0(row + 22 * group, code, d, m); break;
        case SLUICE_Q5_1: decode_q5_1(row + 24 * group, code, d, m); break;
        case SLUICE_Q8_0: decode_q8_0(row + 34 * group, code, d, m); break;
        case SLUICE_IQ4_NL: decode_iq4_nl(row + 18 * group, code, d, m); break;
        case SLUICE_MXFP4: decode_mxfp4(row + 17 * group, code, d, m); break;
        case SLUICE_NVFP4: decode_nvfp4(row + 36 * (group / 2), (int)(group & 1), code, d, m); break;
        default: __builtin_unreachable();
    }
}

#endif
