/*
 * IQ formats, blocks of 256, brought to value = d * scale * code with integer scales: a factor such as (0.5 + s) / 4 becomes
 * (1 + 2 s) with d / 8, which is exact, and the IQ1 offset of an eighth becomes codes 8 g + 1 or 8 g - 1 with d / 8.
 */
#ifndef SLUICE_DECODE_IQ_H
#define SLUICE_DECODE_IQ_H

#include "decode_32.h"
#include "decode_k.h"
#include "grids.h"

static const int8_t sluice_values_iq2[4] = {8, 25, 43, 0};
static const int8_t sluice_values_iq3_xxs[8] = {4, 12, 20, 28, 36, 44, 52, 62};

/* Seven sign bits and an eighth that makes the number of ones even. */
INLINE uint8_t sign7(uint32_t k) {
    k &= 127;
    return (uint8_t)(k | (uint32_t)__builtin_parity(k) << 7);
}

/* Eight codes of a grid of three values under eight sign bits. */
INLINE void codes_iq2(uint16_t entry, uint8_t signs, int8_t *code) {
    for (int i = 0; i < 8; i++) {
        int8_t v = sluice_values_iq2[entry >> 2 * i & 3];
        code[i] = (int8_t)(signs >> i & 1 ? -v : v);
    }
}

INLINE void decode_iq2_xxs(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        const uint8_t *p = b + 2 + 8 * j;
        uint32_t u = load_u32(p + 4);
        for (int l = 0; l < 4; l++) {
            codes_iq2(sluice_grid_iq2_xxs[p[l]], sign7(u >> 7 * l), o->code + 32 * j + 8 * l);
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (u >> 28) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void scales_iq2(const uint8_t *scales, struct block256 *o) {
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (scales[k / 2] >> 4 * (k & 1) & 15) + 1);
    }
}

INLINE void decode_iq2_xs(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 32; g++) {
        uint16_t q = load_u16(b + 2 + 2 * g);
        codes_iq2(sluice_grid_iq2_xs[q & 511], sign7(q >> 9), o->code + 8 * g);
    }
    scales_iq2(b + 66, o);
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq2_s(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 32; g++) {
        int index = b[2 + g] | (b[66 + g / 4] >> 2 * (g % 4) & 3) << 8;
        codes_iq2(sluice_grid_iq2_s[index], b[34 + g], o->code + 8 * g);
    }
    scales_iq2(b + 74, o);
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq3_xxs(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        uint32_t u = load_u32(b + 66 + 4 * j);
        for (int l = 0; l < 8; l++) {
            uint16_t entry = sluice_grid_iq3_xxs[b[2 + 8 * j + l]];
            uint8_t signs = (uint8_t)(sign7(u >> 7 * (l / 2)) >> 4 * (l & 1));
            for (int i = 0; i < 4; i++) {
                int8_t v = sluice_values_iq3_xxs[entry >> 3 * i & 7];
                o->code[32 * j + 4 * l + i] = (int8_t)(signs >> i & 1 ? -v : v);
            }
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (u >> 28) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.25f;
    o->dmin = 0;
}

INLINE void decode_iq3_s(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 64; g++) {
        uint16_t entry = sluice_grid_iq3_s[b[2 + g] | (b[66 + g / 8] >> g % 8 & 1) << 8];
        uint8_t signs = (uint8_t)(b[74 + g / 2] >> 4 * (g & 1));
        for (int i = 0; i < 4; i++) {
            int8_t v = (int8_t)(2 * (entry >> 3 * i & 7) + 1);
            o->code[4 * g + i] = (int8_t)(signs >> i & 1 ? -v : v);
        }
    }
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (b[106 + k / 4] >> 4 * (k / 2 & 1) & 15) + 1);
    }
    o->d = float_of_f16(load_u16(b));
    o->dmin = 0;
}

/* Eight ternary codes of IQ1, times 8, plus or minus one. */
INLINE void codes_iq1(uint16_t entry, int delta, int8_t *code) {
    for (int i = 0; i < 8; i++) {
        code[i] = (int8_t)(8 * ((entry >> 2 * i & 3) - 1) + delta);
    }
}

INLINE void decode_iq1_s(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        uint16_t h = load_u16(b + 34 + 2 * j);
        for (int l = 0; l < 4; l++) {
            int index = b[2 + 4 * j + l] | (h >> 3 * l & 7) << 8;
            codes_iq1(sluice_grid_iq1_s[index], h & 0x8000 ? -1 : 1, o->code + 32 * j + 8 * l);
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (h >> 12 & 7) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq1_m(const uint8_t *b, struct block256 *o) {
    const uint8_t *sc = b + 48;
    uint16_t d = 0;
    for (int i = 0; i < 4; i++) {
        d = (uint16_t)(d | (load_u16(sc + 2 * i) >> 12) << 4 * i);
    }
    for (int g = 0; g < 32; g++) {
        int n = b[32 + g / 2] >> 4 * (g & 1) & 15;
        codes_iq1(sluice_grid_iq1_s[b[g] | (n & 7) << 8], n & 8 ? -1 : 1, o->code + 8 * g);
    }
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (load_u16(sc + 2 * (k / 4)) >> 3 * (k % 4) & 7) + 1);
    }
    o->d = float_of_f16(d) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq4_xs(const uint8_t *b, struct block256 *o) {
    uint16_t high = load_u16(b + 2);
    for (int j = 0; j < 8; j++) {
        int s = ((b[4 + j / 2] >> 4 * (j & 1) & 15) | (high >> 2 * j & 3) << 4) - 32;
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)s;
        decode_table(b + 8 + 16 * j, sluice_iq4_values, 16, o->code + 32 * j);
    }
    o->d = float_of_f16(load_u16(b));
    o->dmin = 0;
}

/* One block of any format of 256. */
INLINE void decode_256(int32_t type, const uint8_t *b, struct block256 *o) {
    switch (type) {
        case SLUICE_Q2_K: decode_q2_k(b, o); break;
        case SLUICE_Q3_K: decode_q3_k(b, o); break;
        case SLUICE_Q4_K: decode_q4_k(b, o); break;
        case SLUICE_Q5_K: decode_q5_k(b, o); break;
        case SLUICE_Q6_K: decode_q6_k(b, o); break;
        case SLUICE_IQ2_XXS: decode_iq2_xxs(b, o); break;
        case SLUICE_IQ2_XS: decode_iq2_xs(b, o); break;
        case SLUICE_IQ2_S: decode_iq2_s(b, o); break;
        case SLUICE_IQ3_XXS: decode_iq3_xxs(b, o); break;
        case SLUICE_IQ3_S: decode_iq3_s(b, o); break;
        case SLUICE_IQ1_S: decode_iq1_s(b, o); break;
        case SLUICE_IQ1_M: decode_iq1_m(b, o); break;
        case SLUICE_IQ4_XS: decode_iq4_xs(b, o); break;
        case SLUICE_TQ1_0: decode_tq1_0(b, o); break;
        case SLUICE_TQ2_0: decode_tq2_0(b, o); break;
        default: __builtin_unreachable();
    }
}

#endif
