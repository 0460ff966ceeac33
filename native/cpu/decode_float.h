/* Any run of weights to float32: plain formats element by element, blocks through their codes. */
#ifndef SLUICE_DECODE_FLOAT_H
#define SLUICE_DECODE_FLOAT_H

#include "decode_iq.h"
#include "formats.h"

/* count elements of a plain format; reads no byte beyond them. */
INLINE void floats_of_plain(int32_t type, const uint8_t *p, int64_t count, float *dst) {
    int64_t size = sluice_format_of(type).bytes, i = 0;
    for (; i + VL <= count; i += VL) {
        const uint8_t *q = p + i * size;
        vf v = type == SLUICE_F32    ? vf_load(q)
               : type == SLUICE_F16  ? vf_load_f16(q)
               : type == SLUICE_BF16 ? vf_load_bf16(q)
                                     : vf_load_e4m3(q);
        vf_store(dst + i, v);
    }
    if (i < count) {
        uint8_t rest[VL * 4] = {0};
        memcpy(rest, p + i * size, (size_t)((count - i) * size));
        float out[VL];
        vf v = type == SLUICE_F32    ? vf_load(rest)
               : type == SLUICE_F16  ? vf_load_f16(rest)
               : type == SLUICE_BF16 ? vf_load_bf16(rest)
                                     : vf_load_e4m3(rest);
        vf_store(out, v);
        memcpy(dst + i, out, (size_t)(count - i) * 4);
    }
}

/* 32 elements of group `group` of a row. */
INLINE void floats_of_32(int32_t type, const uint8_t *row, int64_t group, float *dst) {
    int8_t code[32];
    float d[2], m;
    decode_32(type, row, group, code, d, &m);
    if (sluice_format_of(type).minima) {
        for (int i = 0; i < 32; i++) {
            dst[i] = d[0] * (float)code[i] + m;
        }
    } else {
        for (int i = 0; i < 32; i++) {
            dst[i] = d[i / 16] * (float)code[i];
        }
    }
}

INLINE void floats_of_256(int32_t type, const uint8_t *block, float *dst) {
    int8_t code[256];
    struct block256 o = {.code = code};
    decode_256(type, block, &o);
    for (int k = 0; k < 16; k++) {
        float d = o.d * (float)o.scale[k];
        if (sluice_format_of(type).minima) {
            float m = o.dmin * (float)o.minimum[k];
            for (int i = 16 * k; i < 16 * k + 16; i++) {
                dst[i] = d * (float)code[i] - m;
            }
        } else {
            for (int i = 16 * k; i < 16 * k + 16; i++) {
                dst[i] = d * (float)code[i];
            }
        }
    }
}

/* Elements [begin, end) of a row; for blocks the bounds are multiples of 32 or 256. */
SHARED void floats_of_row(int32_t type, const uint8_t *row, int64_t begin, int64_t end, float *dst) {
    struct sluice_format f = sluice_format_of(type);
    if (f.family == FAMILY_32) {
        for (int64_t k = begin; k < end; k += 32) {
            floats_of_32(type, row, k / 32, dst + (k - begin));
        }
    } else if (f.family == FAMILY_256) {
        for (int64_t k = begin; k < end; k += 256) {
            floats_of_256(type, row + k / 256 * f.bytes, dst + (k - begin));
        }
    } else {
        const uint8_t *p = row + begin * f.bytes;
        switch (type) {
            case SLUICE_F32: floats_of_plain(SLUICE_F32, p, end - begin, dst); break;
            case SLUICE_F16: floats_of_plain(SLUICE_F16, p, end - begin, dst); break;
            case SLUICE_BF16: floats_of_plain(SLUICE_BF16, p, end - begin, dst); break;
            default: floats_of_plain(SLUICE_F8_E4M3, p, end - begin, dst); break;
        }
    }
}

#endif
