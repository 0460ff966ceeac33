/* K and ternary formats: value = d * scale * code - dmin * minimum, blocks of 256. One function per format. */
#ifndef SLUICE_DECODE_K_H
#define SLUICE_DECODE_K_H

#include "kernels.h"
#include "simd.h"

struct block256 {
    int8_t *code;      /* 256 */
    int16_t scale[16]; /* per 16 codes */
    int16_t minimum[16];
    float d, dmin;
};

INLINE void decode_q2_k(const uint8_t *b, struct block256 *o) {
    const uint8_t *qs = b + 16;
    for (int i = 0; i < 16; i++) {
        o->scale[i] = b[i] & 15;
        o->minimum[i] = b[i] >> 4;
    }
    for (int h = 0; h < 2; h++) {
        for (int t = 0; t < 4; t++) {
            for (int l = 0; l < 32; l++) {
                o->code[128 * h + 32 * t + l] = (int8_t)(qs[32 * h + l] >> 2 * t & 3);
            }
        }
    }
    o->d = float_of_f16(load_u16(b + 80));
    o->dmin = float_of_f16(load_u16(b + 82));
}

/* The 16 scales of Q3_K, less 32. */
INLINE void scales_q3_k(const uint8_t *sc, int16_t *scale) {
    for (int k = 0; k < 16; k++) {
        int low = k < 8 ? sc[k] & 15 : sc[k - 8] >> 4;
        int high = sc[8 + k % 4] >> 2 * (k / 4) & 3;
        scale[k] = (int16_t)((low | high << 4) - 32);
    }
}

INLINE void decode_q3_k(const uint8_t *b, struct block256 *o) {
    const uint8_t *qs = b + 32;
    for (int h = 0; h < 2; h++) {
        for (int t = 0; t < 4; t++) {
            for (int l = 0; l < 32; l++) {
                int low = qs[32 * h + l] >> 2 * t & 3, bit = b[l] >> (4 * h + t) & 1;
                o->code[128 * h + 32 * t + l] = (int8_t)(low + 4 * bit - 4);
            }
        }
    }
    scales_q3_k(b + 96, o->scale);
    o->d = float_of_f16(load_u16(b + 108));
    o->dmin = 0;
}

/* The eight 6-bit scales and minima of Q4_K and Q5_K, one per byte. */
INLINE void scales_q4_k(const uint8_t *sc, uint64_t *scales, uint64_t *minima) {
    uint32_t a = load_u32(sc), b = load_u32(sc + 4), c = load_u32(sc + 8);
    uint32_t s1 = (c & 0x0f0f0f0f) | (a >> 6 & 0x03030303) << 4;
    uint32_t m1 = (c >> 4 & 0x0f0f0f0f) | (b >> 6 & 0x03030303) << 4;
    *scales = (a & 0x3f3f3f3f) | (uint64_t)s1 << 32;
    *minima = (b & 0x3f3f3f3f) | (uint64_t)m1 << 32;
}

INLINE void spread_scales_q4_k(const uint8_t *b, struct block256 *o) {
    uint64_t s, m;
    scales_q4_k(b + 4, &s, &m);
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(s >> 8 * (k / 2) & 255);
        o->minimum[k] = (int16_t)(m >> 8 * (k / 2) & 255);
    }
    o->d = float_of_f16(load_u16(b));
    o->dmin = float_of_f16(load_u16(b + 2));
}

/* Sources are copied where the compiler does not see otherwise that writing codes leaves them alone. */
INLINE void decode_q4_k(const uint8_t *b, struct block256 *o) {
    uint8_t q[128];
    memcpy(q, b + 16, 128);
    spread_scales_q4_k(b, o);
    for (int j = 0; j < 4; j++) {
        for (int l = 0; l < 32; l++) {
            o->code[64 * j + l] = (int8_t)(q[32 * j + l] & 15);
        }
        for (int l = 0; l < 32; l++) {
            o->code[64 * j + 32 + l] = (int8_t)(q[32 * j + l] >> 4);
        }
    }
}

INLINE void decode_q5_k(const uint8_t *b, struct block256 *o) {
    uint8_t q[128], h[32];
    memcpy(q, b + 48, 128);
    memcpy(h, b + 16, 32);
    spread_scales_q4_k(b, o);
    for (int j = 0; j < 4; j++) {
        for (int l = 0; l < 32; l++) {
            o->code[64 * j + l] = (int8_t)((q[32 * j + l] & 15) | (h[l] >> 2 * j & 1) << 4);
        }
        for (int l = 0; l < 32; l++) {
            o->code[64 * j + 32 + l] = (int8_t)((q[32 * j + l] >> 4) | (h[l] >> (2 * j + 1) & 1) << 4);
        }
    }
}

INLINE void decode_q6_k(const uint8_t *b, struct block256 *o) {
    for (int n = 0; n < 2; n++) {
        const uint8_t *ql = b + 64 * n, *qh = b + 128 + 32 * n;
        int8_t *c = o->code + 128 * n;
        for (int l = 0; l < 32; l++) {
            c[l] = (int8_t)(((ql[l] & 15) | (qh[l] & 3) << 4) - 32);
            c[l + 32] = (int8_t)(((ql[l + 32] & 15) | (qh[l] >> 2 & 3) << 4) - 32);
            c[l + 64] = (int8_t)(((ql[l] >> 4) | (qh[l] >> 4 & 3) << 4) - 32);
            c[l + 96] = (int8_t)(((ql[l + 32] >> 4) | (qh[l] >> 6) << 4) - 32);
        }
    }
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int8_t)b[192 + k];
    }
    o->d = float_of_f16(load_u16(b + 208));
    o->dmin = 0;
}

INLINE void unit_scales(struct block256 *o) {
    for (int k = 0; k < 16; k++) {
        o->scale[k] = 1;
    }
    o->dmin = 0;
}

/* Five ternary digits a byte: multiplying by 3^n and taking the top of a product by 3 reads digit n. */
INLINE int8_t ternary_digit(uint8_t q, int power) {
    return (int8_t)(((uint8_t)(q * power) * 3 >> 8) - 1);
}

INLINE void decode_tq1_0(const uint8_t *b, struct block256 *o) {
    static const int powers[5] = {1, 3, 9, 27, 81};
    for (int n = 0; n < 5; n++) {
        for (int i = 0; i < 32; i++) {
            o->code[32 * n + i] = ternary_digit(b[i], powers[n]);
        }
        for (int i = 0; i < 16; i++) {
            o->code[160 + 16 * n + i] = ternary_digit(b[32 + i], powers[n]);
        }
    }
    for (int n = 0; n < 4; n++) {
        for (int i = 0; i < 4; i++) {
            o->code[240 + 4 * n + i] = ternary_digit(b[48 + i], powers[n]);
        }
    }
    unit_scales(o);
    o->d = float_of_f16(load_u16(b + 52));
}

INLINE void decode_tq2_0(const uint8_t *b, struct block256 *o) {
    for (int h = 0; h < 2; h++) {
        for (int t = 0; t < 4; t++) {
            for (int l = 0; l < 32; l++) {
                o->code[128 * h + 32 * t + l] = (int8_t)((b[32 * h + l] >> 2 * t & 3) - 1);
            }
        }
    }
    unit_scales(o);
    o->d = float_of_f16(load_u16(b + 64));
}

#endif
