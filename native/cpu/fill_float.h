/* Unpacks 16 weight rows into panels of float32 or of bf16 pairs. */
#ifndef SLUICE_FILL_FLOAT_H
#define SLUICE_FILL_FLOAT_H

#include "decode_float.h"
#include "kernel_float.h"

/* Columns [begin, end) of any type, at most FLOAT_CHUNK. */
SHARED void fill_float(int32_t type, const uint8_t *const *rows, int64_t begin, int64_t end, float (*t)[FLOAT_CHUNK], struct panel_float *p) {
    int n = (int)(end - begin);
    if (type == SLUICE_F32 && n % 4 == 0) {
        transpose16(rows, 4 * begin, n, 0, (uint8_t *)p->w);
        return;
    }
    const uint8_t *staged[16];
    for (int r = 0; r < 16; r++) {
        staged[r] = (const uint8_t *)t[r];
        floats_of_row(type, rows[r], begin, end, t[r]);
        for (int k = n; k % 4; k++) {
            t[r][k] = 0;
        }
    }
    transpose16(staged, 0, (n + 3) & ~3, 0, (uint8_t *)p->w);
}

#if defined(__AVX512BF16__)
/* The high and low bytes of the bf16 that each e4m3 magnitude equals. */
struct e4m3_tables {
    __m512i high[2], low[2];
};

INLINE struct e4m3_tables e4m3_tables(void) {
    uint8_t high[128], low[128];
    for (int i = 0; i < 128; i++) {
        uint16_t h = bf16_of_float(float_of_e4m3((uint8_t)i));
        high[i] = (uint8_t)(h >> 8);
        low[i] = (uint8_t)h;
    }
    return (struct e4m3_tables){{vi_load(high), vi_load(high + 64)}, {vi_load(low), vi_load(low + 64)}};
}

/* 64 e4m3 to 64 bf16. */
INLINE void bf16_of_e4m3(const struct e4m3_tables *t, __m512i v, uint8_t *dst) {
    __m512i high = _mm512_permutex2var_epi8(t->high[0], v, t->high[1]);
    __m512i low = _mm512_permutex2var_epi8(t->low[0], v, t->low[1]);
    /* high | (v & 0x80) */
    high = _mm512_ternarylogic_epi32(high, v, _mm512_set1_epi8((char)0x80), 0xf8);
    const __m512i order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    high = _mm512_permutexvar_epi64(order, high);
    low = _mm512_permutexvar_epi64(order, low);
    _mm512_storeu_si512(dst, _mm512_unpacklo_epi8(low, high));
    _mm512_storeu_si512(dst + 64, _mm512_unpackhi_epi8(low, high));
}

/* Columns [begin, end) as pairs from begin / 2 on, zero outside. */
SHARED void fill_bf16(
        int32_t type, const struct e4m3_tables *tables, const uint8_t *const *rows, int64_t begin, int64_t end, float (*t)[FLOAT_CHUNK],
        struct panel_float *p) {
    int first = (int)(begin & 1), n = (int)(end - begin), pairs = (first + n + 1) / 2, padded = (pairs + 3) & ~3;
    if (type == SLUICE_BF16 && !first && n % 8 == 0) {
        transpose16(rows, 2 * begin, pairs, 0, (uint8_t *)p->w);
        return;
    }
    const uint8_t *staged[16];
    for (int r = 0; r < 16; r++) {
        uint8_t *s = (uint8_t *)t[r];
        staged[r] = s;
        if (type == SLUICE_F8_E4M3) {
            int i = 0;
            if (!first) {
                for (; i + 64 <= n; i += 64) {
                    bf16_of_e4m3(tables, vi_load(rows[r] + begin + i), s + 2 * i);
                }
            }
            memset(s + 2 * i, 0, (size_t)(4 * padded - 2 * i));
            for (; i < n; i++) {
                uint16_t h = bf16_of_float(float_of_e4m3(rows[r][begin + i]));
                memcpy(s + 2 * (first + i), &h, 2);
            }
        } else {
            memset(s, 0, (size_t)(4 * padded));
            memcpy(s + 2 * first, rows[r] + 2 * begin, (size_t)(2 * n));
        }
    }
    transpose16(staged, 0, padded, 0, (uint8_t *)p->w);
}
#endif

#endif
