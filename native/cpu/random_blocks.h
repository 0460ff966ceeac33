/* Random weights of every format for tests and benchmarks: all bits random but for scales, which stay of ordinary size. */
#ifndef SLUICE_RANDOM_BLOCKS_H
#define SLUICE_RANDOM_BLOCKS_H

#include "formats.h"
#include <string.h>

static const struct {
    const char *name;
    int32_t type;
} sluice_type_names[] = {
        {"F32", SLUICE_F32},         {"F16", SLUICE_F16},       {"BF16", SLUICE_BF16},   {"F8_E4M3", SLUICE_F8_E4M3},
        {"Q8_0", SLUICE_Q8_0},       {"Q4_0", SLUICE_Q4_0},     {"Q4_1", SLUICE_Q4_1},   {"Q5_0", SLUICE_Q5_0},
        {"Q5_1", SLUICE_Q5_1},       {"IQ4_NL", SLUICE_IQ4_NL}, {"MXFP4", SLUICE_MXFP4}, {"NVFP4", SLUICE_NVFP4},
        {"Q2_K", SLUICE_Q2_K},       {"Q3_K", SLUICE_Q3_K},     {"Q4_K", SLUICE_Q4_K},   {"Q5_K", SLUICE_Q5_K},
        {"Q6_K", SLUICE_Q6_K},       {"IQ4_XS", SLUICE_IQ4_XS}, {"IQ3_S", SLUICE_IQ3_S}, {"IQ3_XXS", SLUICE_IQ3_XXS},
        {"IQ2_S", SLUICE_IQ2_S},     {"IQ2_XS", SLUICE_IQ2_XS}, {"IQ2_XXS", SLUICE_IQ2_XXS}, {"IQ1_M", SLUICE_IQ1_M},
        {"IQ1_S", SLUICE_IQ1_S},     {"TQ1_0", SLUICE_TQ1_0},   {"TQ2_0", SLUICE_TQ2_0}};
enum { SLUICE_TYPES = sizeof sluice_type_names / sizeof *sluice_type_names };

/* xorshift64*, uniform bits */
static inline uint64_t random_bits(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 2685821657736338717ull;
}

/* Uniform in [-1, 1). */
static inline float random_float(uint64_t *state) {
    return (float)(int32_t)(random_bits(state) >> 32) * 0x1p-31f;
}

/* Half floats of either sign in about [2^-8, 2^-6). */
static inline uint16_t random_half(uint64_t *state) {
    uint64_t r = random_bits(state);
    return (uint16_t)((r & 0x83ff) | (7 + (r >> 20 & 1)) << 10);
}

static inline void random_block(int32_t type, uint8_t *b, uint64_t *state) {
    const struct sluice_format f = sluice_format_of(type);
    if (f.family == FAMILY_FLOAT) {
        float v = random_float(state);
        uint32_t u;
        memcpy(&u, &v, 4);
        uint16_t h = (uint16_t)(u >> 16), half = random_half(state);
        uint8_t e4m3 = (uint8_t)random_bits(state);
        /* Keeps magnitudes below 2; NaN has its own test. */
        e4m3 = (uint8_t)((e4m3 & 0x87) | (e4m3 >> 3 & 7) << 3);
        memcpy(b, type == SLUICE_F32 ? (void *)&v : type == SLUICE_BF16 ? (void *)&h : type == SLUICE_F16 ? (void *)&half : &e4m3, f.bytes);
        return;
    }
    for (int i = 0; i < f.bytes; i++) {
        b[i] = (uint8_t)(random_bits(state) >> 40);
    }
    uint16_t d = random_half(state), m = random_half(state) & 0x7fff;
    switch (type) {
        case SLUICE_Q4_1:
        case SLUICE_Q5_1:
        case SLUICE_Q4_K:
        case SLUICE_Q5_K: memcpy(b + 2, &m, 2); memcpy(b, &d, 2); break;
        case SLUICE_Q2_K: memcpy(b + 80, &d, 2); memcpy(b + 82, &m, 2); break;
        case SLUICE_Q3_K: memcpy(b + 108, &d, 2); break;
        case SLUICE_Q6_K: memcpy(b + 208, &d, 2); break;
        case SLUICE_TQ1_0: memcpy(b + 52, &d, 2); break;
        case SLUICE_TQ2_0: memcpy(b + 64, &d, 2); break;
        case SLUICE_IQ1_M:
            for (int i = 0; i < 4; i++) {
                b[49 + 2 * i] = (uint8_t)((b[49 + 2 * i] & 15) | (d >> 4 * i & 15) << 4);
            }
            break;
        case SLUICE_MXFP4: b[0] = (uint8_t)(118 + (b[0] & 7)); break;
        case SLUICE_NVFP4:
            for (int i = 0; i < 4; i++) {
                b[i] &= 0x3f;
            }
            break;
        default: memcpy(b, &d, 2); break;
    }
}

#endif
