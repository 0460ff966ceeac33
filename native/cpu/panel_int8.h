/*
 * Panels of 16 weight rows x 256 columns for integer products: codes interleaved so that a lane is a row and holds four
 * consecutive columns. Unpacked once, used by all activation rows.
 */
#ifndef SLUICE_PANEL_INT8_H
#define SLUICE_PANEL_INT8_H

#include "decode_iq.h"
#include "formats.h"
#include "transpose.h"

struct panel32 {
    uint8_t code[64][64];
    float d[16][16]; /* per sub-block of 32 or 16 columns */
    float m[8][16];  /* per 32 columns */
};

struct panel256 {
    uint8_t code[64][64];
    int32_t scale[16][16];     /* per sub-block */
    int16_t minimum[8][16][2]; /* pairs of neighbouring sub-blocks */
    float d[16], minus_dmin[16];
};

/* Where unpacking puts rows before they are transposed. */
struct staging {
    int8_t code[16][256];
    float d[16][16], m[16][8];
};

/* Codes into staging, scales into the panel. */
INLINE void decode_rows_32(int32_t type, const uint8_t *const *rows, int64_t group, int groups, struct staging *t, struct panel32 *p) {
    const int sub = sluice_format_of(type).sub, minima = sluice_format_of(type).minima;
    for (int r = 0; r < 16; r++) {
        for (int b = 0; b < groups; b++) {
            float d[2], m;
            decode_32(type, rows[r], group + b, t->code[r] + 32 * b, d, &m);
            if (sub == 32) {
                p->d[b][r] = d[0];
            } else {
                p->d[2 * b][r] = d[0];
                p->d[2 * b + 1][r] = d[1];
            }
            if (minima) {
                p->m[b][r] = m;
            }
        }
    }
}

INLINE void transpose_staged(const struct staging *t, int count, uint8_t *code) {
    const uint8_t *codes[16];
    for (int r = 0; r < 16; r++) {
        codes[r] = (const uint8_t *)t->code[r];
    }
    transpose16(codes, 0, count, CODE_FLIP * 0x01010101u, code);
}

#if VL == 16
#include "fill_avx512.h"
#endif

/* Everything of a panel but the order of its codes. */
SHARED void stage_panel32(int32_t type, const uint8_t *const *rows, int64_t group, int groups, struct staging *t, struct panel32 *p) {
    switch (type) {
        case SLUICE_Q4_0: decode_rows_32(SLUICE_Q4_0, rows, group, groups, t, p); break;
        case SLUICE_Q4_1: decode_rows_32(SLUICE_Q4_1, rows, group, groups, t, p); break;
        case SLUICE_Q5_0: decode_rows_32(SLUICE_Q5_0, rows, group, groups, t, p); break;
        case SLUICE_Q5_1: decode_rows_32(SLUICE_Q5_1, rows, group, groups, t, p); break;
        case SLUICE_Q8_0: decode_rows_32(SLUICE_Q8_0, rows, group, groups, t, p); break;
        case SLUICE_IQ4_NL: decode_rows_32(SLUICE_IQ4_NL, rows, group, groups, t, p); break;
        case SLUICE_MXFP4: decode_rows_32(SLUICE_MXFP4, rows, group, groups, t, p); break;
        case SLUICE_NVFP4: decode_rows_32(SLUICE_NVFP4, rows, group, groups, t, p); break;
        default: __builtin_unreachable();
    }
}

SHARED void fill_panel32(int32_t type, const uint8_t *const *rows, int64_t group, int groups, struct staging *t, struct panel32 *p) {
#if VL == 16
    fill_panel32_quickly(type, rows, group, groups, t, p);
#else
    stage_panel32(type, rows, group, groups, t, p);
    transpose_staged(t, 8 * groups, p->code[0]);
#endif
}

INLINE void decode_rows_256(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
    const struct sluice_format f = sluice_format_of(type);
    const int subs = 256 / f.sub, step = f.sub / 16;
    for (int r = 0; r < 16; r++) {
        struct block256 o = {.code = t->code[r]};
        decode_256(type, rows[r] + block * f.bytes, &o);
        p->d[r] = o.d;
        for (int s = 0; s < subs; s++) {
            p->scale[s][r] = o.scale[s * step];
        }
        if (f.minima) {
            p->minus_dmin[r] = -o.dmin;
            for (int s = 0; s < subs; s++) {
                p->minimum[s / 2][r][s & 1] = o.minimum[s * step];
            }
        }
    }
}

#if VL == 8
#include "fill_avx2.h"
#endif

SHARED void stage_panel256(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
    switch (type) {
        case SLUICE_Q2_K: decode_rows_256(SLUICE_Q2_K, rows, block, t, p); break;
        case SLUICE_Q3_K: decode_rows_256(SLUICE_Q3_K, rows, block, t, p); break;
#if VL == 8
        case SLUICE_Q4_K: stage_q4_k(SLUICE_Q4_K, rows, block, t, p); break;
        case SLUICE_Q5_K: stage_q4_k(SLUICE_Q5_K, rows, block, t, p); break;
#else
        case SLUICE_Q4_K: decode_rows_256(SLUICE_Q4_K, rows, block, t, p); break;
        case SLUICE_Q5_K: decode_rows_256(SLUICE_Q5_K, rows, block, t, p); break;
#endif
        case SLUICE_Q6_K: decode_rows_256(SLUICE_Q6_K, rows, block, t, p); break;
        case SLUICE_IQ2_XXS: decode_rows_256(SLUICE_IQ2_XXS, rows, block, t, p); break;
        case SLUICE_IQ2_XS: decode_rows_256(SLUICE_IQ2_XS, rows, block, t, p); break;
        case SLUICE_IQ2_S: decode_rows_256(SLUICE_IQ2_S, rows, block, t, p); break;
        case SLUICE_IQ3_XXS: decode_rows_256(SLUICE_IQ3_XXS, rows, block, t, p); break;
        case SLUICE_IQ3_S: decode_rows_256(SLUICE_IQ3_S, rows, block, t, p); break;
        case SLUICE_IQ1_S: decode_rows_256(SLUICE_IQ1_S, rows, block, t, p); break;
        case SLUICE_IQ1_M: decode_rows_256(SLUICE_IQ1_M, rows, block, t, p); break;
        case SLUICE_IQ4_XS: decode_rows_256(SLUICE_IQ4_XS, rows, block, t, p); break;
        case SLUICE_TQ1_0: decode_rows_256(SLUICE_TQ1_0, rows, block, t, p); break;
        case SLUICE_TQ2_0: decode_rows_256(SLUICE_TQ2_0, rows, block, t, p); break;
        default: __builtin_unreachable();
    }
}

SHARED void fill_panel256(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
#if VL == 16
    if (fill_panel256_quickly(type, rows, block, t, p)) {
        return;
    }
#endif
    stage_panel256(type, rows, block, t, p);
    transpose_staged(t, 64, p->code[0]);
}

#endif
