/* Rows of a paged cache as float32. */
#ifndef SLUICE_CACHE_ROWS_H
#define SLUICE_CACHE_ROWS_H

#include "decode_float.h"

INLINE const uint8_t *cache_row(const struct sluice_pages *c, int64_t position) {
    const uint8_t *page = c->pages[position >> c->page_shift];
    return page + c->offset + (position & (((int64_t)1 << c->page_shift) - 1)) * c->row_bytes;
}

/* latent values to dst[0..), rope values to dst[latent_padded..); padding stays as it is. */
INLINE void load_cache_row(
        const uint8_t *row, int64_t format, int64_t latent, int64_t rope, int64_t latent_padded, float *dst) {
    if (format == SLUICE_CACHE_F32) {
        memcpy(dst, row, (size_t)latent * 4);
        memcpy(dst + latent_padded, row + latent * 4, (size_t)rope * 4);
    } else if (format == SLUICE_CACHE_BF16) {
        floats_of_plain(SLUICE_BF16, row, latent, dst);
        floats_of_plain(SLUICE_BF16, row + latent * 2, rope, dst + latent_padded);
    } else {
        floats_of_plain(SLUICE_F8_E4M3, row, latent, dst);
        for (int64_t g = 0; g < latent / 128; g++) {
            vf scale = vf_set1(load_f32(row + latent + 4 * g));
            for (int64_t i = 128 * g; i < 128 * g + 128; i += VL) {
                vf_store(dst + i, vf_mul(vf_load(dst + i), scale));
            }
        }
        floats_of_plain(SLUICE_BF16, row + latent + latent / 128 * 4, rope, dst + latent_padded);
    }
}

#endif
