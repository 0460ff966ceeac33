/* Geometry of the weight formats and of prepared activations. */
#ifndef SLUICE_FORMATS_H
#define SLUICE_FORMATS_H

#include "kernels.h"

/*
 * A prepared int8 row of K columns keeps, one after the other:
 *   int8  q[K]
 *   float d[K/32] or [K/256]   the scale
 *   int32 n32[K/32], n16[K/16] -128 * sum of q: what a product of weights stored with an offset of 128 has too much
 *   kind INT8_32:  float s32[K/32], d * sum of q: what a minimum of a weight block is multiplied with
 *   kind INT8_256: int16 b32[K/32], b16[K/16], the sum of q
 */
struct sluice_int8_row {
    int64_t d, n32, n16, sums, sums16, bytes;
};

static inline struct sluice_int8_row sluice_int8_layout(int32_t kind, int64_t columns) {
    struct sluice_int8_row l;
    int64_t group = kind == SLUICE_KIND_INT8_32 ? 32 : 256;
    l.d = columns;
    l.n32 = l.d + columns / group * 4;
    l.n16 = l.n32 + columns / 32 * 4;
    l.sums = l.n16 + columns / 16 * 4;
    if (kind == SLUICE_KIND_INT8_32) {
        l.sums16 = l.sums + columns / 32 * 4;
        l.bytes = sluice_round_up(l.sums16, 64);
    } else {
        l.sums16 = l.sums + columns / 32 * 2;
        l.bytes = sluice_round_up(l.sums16 + columns / 16 * 2, 64);
    }
    return l;
}

static inline int64_t sluice_prepared_bytes(int32_t kind, int64_t columns) {
    switch (kind) {
        case SLUICE_KIND_F32:
            return sluice_round_up(columns * 4, 64);
        case SLUICE_KIND_BF16:
            return sluice_round_up(columns * 2, 64);
        case SLUICE_KIND_INT8_32:
        case SLUICE_KIND_INT8_256:
            return sluice_int8_layout(kind, columns).bytes;
        default:
            return -1;
    }
}

/* How a type is multiplied. */
enum sluice_family {
    FAMILY_NONE,
    FAMILY_FLOAT, /* plain floats, no blocks */
    FAMILY_32,    /* float scale per 32 (or 16) codes */
    FAMILY_256    /* one float scale per 256 codes, integer scales below it */
};

struct sluice_format {
    uint8_t family;
    uint8_t sub;    /* codes under one scale: 16 or 32 */
    uint8_t minima; /* 1 where blocks have an offset */
    uint16_t block, bytes;
};

static inline struct sluice_format sluice_format_of(int32_t type) {
    switch (type) {
        case SLUICE_F32: return (struct sluice_format){FAMILY_FLOAT, 0, 0, 1, 4};
        case SLUICE_F16: return (struct sluice_format){FAMILY_FLOAT, 0, 0, 1, 2};
        case SLUICE_BF16: return (struct sluice_format){FAMILY_FLOAT, 0, 0, 1, 2};
        case SLUICE_F8_E4M3: return (struct sluice_format){FAMILY_FLOAT, 0, 0, 1, 1};
        case SLUICE_Q4_0: return (struct sluice_format){FAMILY_32, 32, 0, 32, 18};
        case SLUICE_Q4_1: return (struct sluice_format){FAMILY_32, 32, 1, 32, 20};
        case SLUICE_Q5_0: return (struct sluice_format){FAMILY_32, 32, 0, 32, 22};
        case SLUICE_Q5_1: return (struct sluice_format){FAMILY_32, 32, 1, 32, 24};
        case SLUICE_Q8_0: return (struct sluice_format){FAMILY_32, 32, 0, 32, 34};
        case SLUICE_IQ4_NL: return (struct sluice_format){FAMILY_32, 32, 0, 32, 18};
        case SLUICE_MXFP4: return (struct sluice_format){FAMILY_32, 32, 0, 32, 17};
        case SLUICE_NVFP4: return (struct sluice_format){FAMILY_32, 16, 0, 64, 36};
        case SLUICE_Q2_K: return (struct sluice_format){FAMILY_256, 16, 1, 256, 84};
        case SLUICE_Q3_K: return (struct sluice_format){FAMILY_256, 16, 0, 256, 110};
        case SLUICE_Q4_K: return (struct sluice_format){FAMILY_256, 32, 1, 256, 144};
        case SLUICE_Q5_K: return (struct sluice_format){FAMILY_256, 32, 1, 256, 176};
        case SLUICE_Q6_K: return (struct sluice_format){FAMILY_256, 16, 0, 256, 210};
        case SLUICE_IQ2_XXS: return (struct sluice_format){FAMILY_256, 32, 0, 256, 66};
        case SLUICE_IQ2_XS: return (struct sluice_format){FAMILY_256, 16, 0, 256, 74};
        case SLUICE_IQ2_S: return (struct sluice_format){FAMILY_256, 16, 0, 256, 82};
        case SLUICE_IQ3_XXS: return (struct sluice_format){FAMILY_256, 32, 0, 256, 98};
        case SLUICE_IQ3_S: return (struct sluice_format){FAMILY_256, 32, 0, 256, 110};
        case SLUICE_IQ1_S: return (struct sluice_format){FAMILY_256, 32, 0, 256, 50};
        case SLUICE_IQ1_M: return (struct sluice_format){FAMILY_256, 16, 0, 256, 56};
        case SLUICE_IQ4_XS: return (struct sluice_format){FAMILY_256, 32, 0, 256, 136};
        case SLUICE_TQ1_0: return (struct sluice_format){FAMILY_256, 32, 0, 256, 54};
        case SLUICE_TQ2_0: return (struct sluice_format){FAMILY_256, 32, 0, 256, 66};
        default: return (struct sluice_format){FAMILY_NONE, 0, 0, 0, 0};
    }
}

#endif
