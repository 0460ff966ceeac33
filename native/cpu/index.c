/* The sparse index: scores of cached keys, selection of the largest, arg max. */
#include "cache_rows.h"
#include "kernel_float.h"

#define KEY_PANELS TILE_PANELS
#define HEAD_BATCH 64
#define FEW_SCORES 8192 /* whose order numbers fit into the first-level cache */

struct index_workspace {
    struct panel_float keys[KEY_PANELS];
    float rows[16][FLOAT_CHUNK];
    float acc[HEAD_BATCH][16 * KEY_PANELS];
};
_Static_assert(sizeof(struct index_workspace) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

static void load_keys(const struct sluice_pages *keys, int64_t first, int64_t end, int64_t column, int count, struct index_workspace *ws) {
    const uint8_t *staged[16];
    for (int p = 0; p < KEY_PANELS; p++) {
        for (int i = 0; i < 16; i++) {
            int64_t s = first + 16 * p + i;
            const uint8_t *row = cache_row(keys, s < end ? s : end - 1);
            staged[i] = (const uint8_t *)ws->rows[i];
            if (keys->format == SLUICE_CACHE_BF16) {
                floats_of_plain(SLUICE_BF16, row + 2 * column, count, ws->rows[i]);
            } else {
                memcpy(ws->rows[i], row + 4 * column, (size_t)count * 4);
            }
            for (int k = count; k % 4; k++) {
                ws->rows[i][k] = 0;
            }
        }
        transpose16(staged, 0, (count + 3) & ~3, 0, (uint8_t *)ws->keys[p].w);
    }
}

void NAME(index_scores)(
        const float *query, const float *weights, int64_t heads, int64_t width, float scale, const struct sluice_pages *keys,
        int64_t begin, int64_t end, float *scores, uint8_t *scratch) {
    struct index_workspace *ws = (struct index_workspace *)scratch;
    const struct panel_float *panels[KEY_PANELS];
    for (int p = 0; p < KEY_PANELS; p++) {
        panels[p] = &ws->keys[p];
    }
    enum { STEP = 16 * KEY_PANELS };
    for (int64_t s = begin; s < end; s += STEP) {
        float total[STEP] = {0};
        for (int64_t first = 0; first < heads; first += HEAD_BATCH) {
            const int64_t n = heads - first < HEAD_BATCH ? heads - first : HEAD_BATCH;
            memset(ws->acc, 0, sizeof ws->acc[0] * (size_t)n);
            for (int64_t k = 0; k < width; k += FLOAT_CHUNK) {
                const int count = (int)(width - k < FLOAT_CHUNK ? width - k : FLOAT_CHUNK);
                if (first == 0 || width > FLOAT_CHUNK) {
                    load_keys(keys, s, end, k, count, ws);
                }
                int64_t h = 0;
                const float *q = query + first * width + k;
                for (; h + TILE_ROWS <= n; h += TILE_ROWS) {
                    kernel_float(TILE_ROWS, KEY_PANELS, panels, q + h * width, width, count, ws->acc[h], STEP);
                }
#if TILE_ROWS > 4
                for (; h + 4 <= n; h += 4) {
                    kernel_float(4, KEY_PANELS, panels, q + h * width, width, count, ws->acc[h], STEP);
                }
#endif
                for (; h + 2 <= n; h += 2) {
                    kernel_float(2, KEY_PANELS, panels, q + h * width, width, count, ws->acc[h], STEP);
                }
                for (; h < n; h++) {
                    kernel_float(1, KEY_PANELS, panels, q + h * width, width, count, ws->acc[h], STEP);
                }
            }
            for (int64_t h = 0; h < n; h++) {
                vf w = vf_set1(weights[first + h]);
                for (int i = 0; i < STEP; i += VL) {
                    vf_store(total + i, vf_fma(vf_max(vf_load(ws->acc[h] + i), vf_zero()), w, vf_load(total + i)));
                }
            }
        }
        for (int i = 0; i < STEP; i += VL) {
            vf_store_part(scores + s + i, vf_mul(vf_load(total + i), vf_set1(scale)), end - s - i > 0 ? end - s - i : 0);
        }
    }
}

/* Unsigned numbers in the order of the floats; NaN comes first, both zeros are one. */
INLINE uint32_t order_of(float f) {
    /* Signs of scores cannot be predicted, so there is no branch. */
    uint32_t u = bits_of_float(f + 0.0f);
    uint32_t number = (u & 0x7fffffff) <= 0x7f800000;
    return (u ^ ((0u - (u >> 31)) | 0x80000000u)) & (0u - number);
}

/* How many numbers are at least `least`. */
INLINE int32_t count_from(const uint32_t *numbers, int64_t count, uint32_t least) {
    int32_t n = 0;
    for (int64_t i = 0; i < count; i++) {
        n += numbers[i] >= least;
    }
    return n;
}

/* The k-th largest of a few numbers, bit by bit: that takes no table, and a pass over few numbers is short. */
static uint32_t kth_largest(const uint32_t *numbers, int64_t count, int64_t k) {
    uint32_t least = 0;
    for (int bit = 31; bit >= 0; bit--) {
        const uint32_t more = least | 1u << bit;
        const int64_t n = count_from(numbers, count, more);
        if (n >= k) {
            least = more;
        }
    }
    return least;
}

/* Writes the indices of what is larger than `least`, and of the first `equal` that equal it; returns how many these are. */
static int64_t collect(const uint32_t *numbers, int64_t count, uint32_t least, int64_t equal, int32_t *selected) {
    int64_t n = 0, i = 0;
#if VL == 16
    const __m512i l = _mm512_set1_epi32((int32_t)least);
    __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (; i + 16 <= count; i += 16) {
        const __m512i v = vi_load(numbers + i);
        uint32_t taken = _mm512_cmpgt_epu32_mask(v, l), same = _mm512_cmpeq_epi32_mask(v, l);
        for (; same && equal > 0; same &= same - 1, equal--) {
            taken |= same & -same;
        }
        const int chosen = __builtin_popcount(taken);
        const __m512i packed = _mm512_maskz_compress_epi32((__mmask16)taken, index);
        _mm512_mask_storeu_epi32(selected + n, (__mmask16)((1u << chosen) - 1), packed);
        n += chosen;
        index = _mm512_add_epi32(index, _mm512_set1_epi32(16));
    }
#endif
    for (; i < count; i++) {
        if (numbers[i] > least || (numbers[i] == least && equal-- > 0)) {
            selected[n++] = (int32_t)i;
        }
    }
    return n;
}

static int64_t top_k_of_few(const float *scores, int64_t count, int64_t k, int32_t *selected, uint32_t *numbers) {
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = order_of(scores[i]);
    }
    const uint32_t least = kth_largest(numbers, count, k);
    int64_t equal = k;
    if (least < UINT32_MAX) {
        equal -= count_from(numbers, count, least + 1);
    }
    return collect(numbers, count, least, equal, selected);
}

/* Radix selection: three passes find the k-th largest value, one more collects what is above it and the first that equal it. */
int64_t NAME(top_k)(const float *scores, int64_t count, int64_t k, int32_t *selected, uint8_t *scratch) {
    if (k >= count) {
        for (int64_t i = 0; i < count; i++) {
            selected[i] = (int32_t)i;
        }
        return count;
    }
    if (k <= 0) {
        return 0;
    }
    if (count <= FEW_SCORES) {
        return top_k_of_few(scores, count, k, selected, (uint32_t *)scratch);
    }
    static const int shifts[3] = {21, 10, 0}, bits[3] = {11, 11, 10};
    uint32_t *histogram = (uint32_t *)scratch;
    uint32_t prefix = 0, mask = 0;
    int64_t wanted = k;
    for (int pass = 0; pass < 3; pass++) {
        const uint32_t digits = (1u << bits[pass]) - 1;
        memset(histogram, 0, (digits + 1) * sizeof *histogram);
        for (int64_t i = 0; i < count; i++) {
            uint32_t u = order_of(scores[i]);
            if ((u & mask) == prefix) {
                histogram[u >> shifts[pass] & digits]++;
            }
        }
        uint32_t digit = digits;
        while (histogram[digit] < wanted) {
            wanted -= histogram[digit--];
        }
        prefix |= digit << shifts[pass];
        mask |= digits << shifts[pass];
    }
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t u = order_of(scores[i]);
        if (u > prefix || (u == prefix && wanted-- > 0)) {
            selected[n++] = (int32_t)i;
        }
    }
    return n;
}

int64_t NAME(arg_max)(const float *x, int64_t count) {
    int64_t best = count > 0 ? 0 : -1;
    uint32_t most = count > 0 ? order_of(x[0]) : 0;
    for (int64_t i = 1; i < count; i++) {
        uint32_t u = order_of(x[i]);
        if (u > most) {
            most = u;
            best = i;
        }
    }
    return best;
}
