/* Every format against its formula, element by element. */
#include "grids.h"
#include "test.h"

static uint16_t u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32(const uint8_t *p) {
    return u16(p) | (uint32_t)u16(p + 2) << 16;
}

static double half(const uint8_t *p) {
    int h = u16(p), e = h >> 10 & 31, m = h & 1023;
    double v = e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    return h & 0x8000 ? -v : v;
}

static int low_or_high(uint8_t b, int high) {
    return high ? b >> 4 : b & 15;
}

static int sign7_bit(unsigned k, int i) {
    k &= 127;
    int ones = 0;
    for (int b = 0; b < 7; b++) {
        ones += k >> b & 1;
    }
    return i < 7 ? k >> i & 1 : ones & 1;
}

static const int iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const double fp4[8] = {0, .5, 1, 1.5, 2, 3, 4, 6};

static double fp4_value(int code) {
    return code & 8 ? -fp4[code & 7] : fp4[code & 7];
}

static int grid_iq2(const uint16_t *grid, int index, int i) {
    static const int values[3] = {8, 25, 43};
    return values[grid[index] >> 2 * i & 3];
}

static double k_4_or_5(const uint8_t *b, int e, const uint8_t *qs, const uint8_t *qh) {
    const uint8_t *sc = b + 4;
    int j = e / 32, s, m;
    if (j < 4) {
        s = sc[j] & 63;
        m = sc[j + 4] & 63;
    } else {
        s = (sc[j + 4] & 15) | (sc[j - 4] >> 6) << 4;
        m = (sc[j + 4] >> 4) | (sc[j] >> 6) << 4;
    }
    int q = low_or_high(qs[32 * (j / 2) + e % 32], j & 1) + (qh ? 16 * (qh[e % 32] >> j & 1) : 0);
    return half(b) * s * q - half(b + 2) * m;
}

double formula(int32_t type, const uint8_t *b, int e) {
    int j = e / 32, l = e % 32, g = e / 8, i = e % 8;
    switch (type) {
        case SLUICE_F32: {
            float f;
            memcpy(&f, b, 4);
            return f;
        }
        case SLUICE_F16: return half(b);
        case SLUICE_BF16: {
            uint32_t u = (uint32_t)u16(b) << 16;
            float f;
            memcpy(&f, &u, 4);
            return f;
        }
        case SLUICE_F8_E4M3: {
            int exponent = *b >> 3 & 15, m = *b & 7;
            double v = exponent ? ldexp(8 + m, exponent - 10) : ldexp(m, -9);
            return *b & 0x80 ? -v : v;
        }
        case SLUICE_Q4_0: return half(b) * (low_or_high(b[2 + e % 16], e >= 16) - 8);
        case SLUICE_Q4_1: return half(b) * low_or_high(b[4 + e % 16], e >= 16) + half(b + 2);
        case SLUICE_Q5_0:
            return half(b) * (low_or_high(b[6 + e % 16], e >= 16) + 16 * (int)(u32(b + 2) >> e & 1) - 16);
        case SLUICE_Q5_1:
            return half(b) * (low_or_high(b[8 + e % 16], e >= 16) + 16 * (int)(u32(b + 4) >> e & 1)) + half(b + 2);
        case SLUICE_Q8_0: return half(b) * (int8_t)b[2 + e];
        case SLUICE_IQ4_NL: return half(b) * iq4[low_or_high(b[2 + e % 16], e >= 16)];
        case SLUICE_MXFP4: return ldexp(fp4_value(low_or_high(b[1 + e % 16], e >= 16)), b[0] - 127);
        case SLUICE_NVFP4: {
            int s = b[e / 16], exponent = s >> 3 & 15, m = s & 7;
            return (exponent ? ldexp(8 + m, exponent - 10) : ldexp(m, -9)) *
                   fp4_value(low_or_high(b[4 + 8 * (e / 16) + e % 8], e % 16 >= 8));
        }
        case SLUICE_Q2_K: {
            int q = b[16 + 32 * (e / 128) + l] >> 2 * (e % 128 / 32) & 3, s = b[e / 16];
            return half(b + 80) * (s & 15) * q - half(b + 82) * (s >> 4);
        }
        case SLUICE_Q3_K: {
            int q = (b[32 + 32 * (e / 128) + l] >> 2 * (e % 128 / 32) & 3) - (b[l] >> j & 1 ? 0 : 4), k = e / 16;
            const uint8_t *sc = b + 96;
            int low = k < 8 ? sc[k] & 15 : sc[k - 8] >> 4, high = sc[8 + k % 4] >> 2 * (k / 4) & 3;
            return half(b + 108) * ((low | high << 4) - 32) * q;
        }
        case SLUICE_Q4_K: return k_4_or_5(b, e, b + 16, 0);
        case SLUICE_Q5_K: return k_4_or_5(b, e, b + 48, b + 16);
        case SLUICE_Q6_K: {
            int n = e / 128, t = e % 128 / 32;
            int low = low_or_high(b[64 * n + l + 32 * (t & 1)], t >= 2), high = b[128 + 32 * n + l] >> 2 * t & 3;
            return half(b + 208) * (int8_t)b[192 + e / 16] * ((low | high << 4) - 32);
        }
        case SLUICE_IQ2_XXS: {
            const uint8_t *p = b + 2 + 8 * j;
            uint32_t u = u32(p + 4);
            double v = half(b) * (0.5 + (u >> 28)) / 4 * grid_iq2(sluice_grid_iq2_xxs, p[l / 8], i);
            return sign7_bit(u >> 7 * (l / 8), i) ? -v : v;
        }
        case SLUICE_IQ2_XS: {
            int q = u16(b + 2 + 2 * g), k = g / 2, s = low_or_high(b[66 + k / 2], k & 1);
            double v = half(b) * (0.5 + s) / 4 * grid_iq2(sluice_grid_iq2_xs, q & 511, i);
            return sign7_bit((unsigned)q >> 9, i) ? -v : v;
        }
        case SLUICE_IQ2_S: {
            int index = b[2 + g] | (b[66 + g / 4] >> 2 * (g % 4) & 3) << 8, k = g / 2, s = low_or_high(b[74 + k / 2], k & 1);
            double v = half(b) * (0.5 + s) / 4 * grid_iq2(sluice_grid_iq2_s, index, i);
            return b[34 + g] >> i & 1 ? -v : v;
        }
        case SLUICE_IQ3_XXS: {
            static const int values[8] = {4, 12, 20, 28, 36, 44, 52, 62};
            uint32_t u = u32(b + 66 + 4 * j);
            double v = half(b) * (0.5 + (u >> 28)) / 2 * values[sluice_grid_iq3_xxs[b[2 + e / 4]] >> 3 * (e % 4) & 7];
            return sign7_bit(u >> 7 * (l / 8), i) ? -v : v;
        }
        case SLUICE_IQ3_S: {
            int k = e / 4, index = b[2 + k] | (b[66 + k / 8] >> k % 8 & 1) << 8, s = low_or_high(b[106 + j / 2], j & 1);
            double v = half(b) * (1 + 2 * s) * (2 * (sluice_grid_iq3_s[index] >> 3 * (e % 4) & 7) + 1);
            return b[74 + g] >> i & 1 ? -v : v;
        }
        case SLUICE_IQ1_S: {
            int h = u16(b + 34 + 2 * j), s = 2 * (h >> 12 & 7) + 1, index = b[2 + g] | (h >> 3 * (g % 4) & 7) << 8;
            return half(b) * s * ((sluice_grid_iq1_s[index] >> 2 * i & 3) - 1 + (h & 0x8000 ? -0.125 : 0.125));
        }
        case SLUICE_IQ1_M: {
            uint8_t d[2] = {(uint8_t)(b[49] >> 4 | (b[51] & 0xf0)), (uint8_t)(b[53] >> 4 | (b[55] & 0xf0))};
            int n = low_or_high(b[32 + g / 2], g & 1), k = g / 2, s = 2 * (u16(b + 48 + 2 * (k / 4)) >> 3 * (k % 4) & 7) + 1;
            return half(d) * s * ((sluice_grid_iq1_s[b[g] | (n & 7) << 8] >> 2 * i & 3) - 1 + (n & 8 ? -0.125 : 0.125));
        }
        case SLUICE_IQ4_XS: {
            int s = (low_or_high(b[4 + j / 2], j & 1) | (u16(b + 2) >> 2 * j & 3) << 4) - 32;
            return half(b) * s * iq4[low_or_high(b[8 + 16 * j + l % 16], l >= 16)];
        }
        case SLUICE_TQ1_0: {
            static const int powers[5] = {1, 3, 9, 27, 81};
            int byte = e < 160 ? e % 32 : e < 240 ? 32 + (e - 160) % 16 : 48 + (e - 240) % 4;
            int n = e < 160 ? e / 32 : e < 240 ? (e - 160) / 16 : (e - 240) / 4;
            return half(b + 52) * ((b[byte] * powers[n] % 256 * 3 >> 8) - 1);
        }
        case SLUICE_TQ2_0: return half(b + 64) * ((b[32 * (e / 128) + l] >> 2 * (e % 128 / 32) & 3) - 1);
        default: return NAN;
    }
}

void test_formats(void) {
    for (int t = 0; t < SLUICE_TYPES; t++) {
        const int32_t type = sluice_type_names[t].type;
        const struct sluice_format f = sluice_format_of(type);
        for (int count = 1; count < 40; count += 13) {
            const size_t bytes = (size_t)f.bytes * (size_t)count;
            const int n = f.block * count;
            uint8_t *w = guarded(bytes, 0);
            float *got = malloc((size_t)n * 4);
            for (int i = 0; i < count; i++) {
                random_block(type, w + f.bytes * i, &seed);
            }
            sluice_dequantise(type, w, n, got);
            for (int i = 0; i < n; i++) {
                /* Products of few bits are exact; a minimum costs one rounding. */
                double want = formula(type, w + f.bytes * (i / f.block), i % f.block);
                CHECK(fabs(got[i] - want) <= 1.2e-7 * fabs(want) + (f.minima ? 1e-7 : 0), "%s element %d: %.9g, not %.9g", sluice_type_names[t].name, i, got[i], want);
            }
            free(got);
            guarded_free(w, bytes, 0);
        }
    }
}
