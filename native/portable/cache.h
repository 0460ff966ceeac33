/*
 * Rows of a cache as they are kept. A build defines CACHE_BF16 or CACHE_FP8; without either a row is F32. FP8: all codes of the
 * main part in e4m3, an F32 scale for every CACHE_GROUP of them, then the rotated part as bfloat16; the main part has an even
 * number of elements.
 */
#ifndef SLUICE_CACHE_H
#define SLUICE_CACHE_H

#include "formats/bytes.h"
#include "step.h"

#define CACHE_GROUP 128
#define CACHE_SCALES(main) (((main) + CACHE_GROUP - 1) / CACHE_GROUP)
#define LARGEST_E4M3 448.0f

#if defined(CACHE_BF16)
#define CACHE_ROW_BYTES(main, rotated) (2 * ((main) + (rotated)))
#elif defined(CACHE_FP8)
#define CACHE_ROW_BYTES(main, rotated) ((main) + 4 * CACHE_SCALES(main) + 2 * (rotated))
#else
#define CACHE_ROW_BYTES(main, rotated) (4 * ((main) + (rotated)))
#endif

/* The row of a state at a position. */
FN GLOBAL uchar *stored_row(int table, int position, int rowBytes, SLABS, STEP) {
    GLOBAL float *page = cache_row(table, position & ~(PAGE - 1), 0, SLABS_ARGUMENTS, step);
    return (GLOBAL uchar *)page + (long)(position & (PAGE - 1)) * rowBytes;
}

/* nearest, even among equals; not-a-numbers stay what they are */
FN ushort to_bf16(float x) {
    uint bits = (uint)AS_INT(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return (ushort)(bits >> 16 | 0x40u);
    }
    return (ushort)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

#if defined(CACHE_FP8)
/* nearest, even among equals, the largest where it is exceeded */
FN uchar to_e4m3(float x) {
    uint bits = (uint)AS_INT(x), magnitude = bits & 0x7fffffffu, code;
    if (magnitude > 0x7f800000u) {
        code = 0x7fu;
    } else if (magnitude >= (uint)AS_INT(LARGEST_E4M3)) {
        code = 0x7eu;
    } else if (magnitude < 121u << 23) {
        code = (uint)(int)rint(AS_FLOAT(magnitude) * 512.0f); /* multiples of 2^-9 */
    } else {
        code = ((magnitude + 0x7ffffu + (magnitude >> 20 & 1u)) >> 20) - (120u << 3);
    }
    return (uchar)(code | (bits >> 24 & 0x80u));
}

FN float cache_scale(GLOBAL const uchar *row, int main, int k) {
    return AS_FLOAT(load_u32(row + main + 4 * (k / CACHE_GROUP)));
}

FN void store_cache_scale(GLOBAL uchar *row, int main, int k, float scale) {
    GLOBAL ushort *to = (GLOBAL ushort *)(row + main + 4 * (k / CACHE_GROUP));
    to[0] = (ushort)AS_INT(scale);
    to[1] = (ushort)((uint)AS_INT(scale) >> 16);
}
#endif

/* Elements k .. k + n of the main part, zeros behind; k is a multiple of 16, n at most 16. */
FN f32x16 cached16(GLOBAL const uchar *row, int main, int k, int n) {
#if defined(CACHE_BF16)
    GLOBAL const ushort *from = (GLOBAL const ushort *)row + k;
    return bits_f32x16((n == 16 ? load_u16x16(from) : load_part_u16x16(from, n)) << 16);
#elif defined(CACHE_FP8)
    return e4m3_bits16(n == 16 ? load_u8x16(row + k) : load_part_u8x16(row + k, n)) * cache_scale(row, main, k);
#else
    GLOBAL const float *from = (GLOBAL const float *)row + k;
    return n == 16 ? load_f32x16(from) : load_part_f32x16(from, n);
#endif
}

/* Element k of the main part. */
FN float cached(GLOBAL const uchar *row, int main, int k) {
#if defined(CACHE_BF16)
    return AS_FLOAT((uint)((GLOBAL const ushort *)row)[k] << 16);
#elif defined(CACHE_FP8)
    return e4m3_bits(row[k]) * cache_scale(row, main, k);
#else
    return ((GLOBAL const float *)row)[k];
#endif
}

#if defined(CACHE_FP8)
#define ROTATED_AT(main) ((main) + 4 * CACHE_SCALES(main))
#else
#define ROTATED_AT(main) CACHE_ROW_BYTES(main, 0)
#endif

/* Elements k .. k + n of the rotated part, zeros behind. */
FN f32x16 cached_rotated16(GLOBAL const uchar *row, int main, int k, int n) {
#if defined(CACHE_BF16) || defined(CACHE_FP8)
    GLOBAL const ushort *from = (GLOBAL const ushort *)(row + ROTATED_AT(main)) + k;
    return bits_f32x16((n == 16 ? load_u16x16(from) : load_part_u16x16(from, n)) << 16);
#else
    GLOBAL const float *from = (GLOBAL const float *)(row + ROTATED_AT(main)) + k;
    return n == 16 ? load_f32x16(from) : load_part_f32x16(from, n);
#endif
}

/* Stores element k of the main part; scale is the one of its group. */
FN void store_cached(GLOBAL uchar *row, int k, float x, float scale) {
#if defined(CACHE_BF16)
    ((GLOBAL ushort *)row)[k] = to_bf16(x);
#elif defined(CACHE_FP8)
    row[k] = to_e4m3(x / scale);
#else
    ((GLOBAL float *)row)[k] = x;
#endif
}

FN void store_cached_rotated(GLOBAL uchar *row, int main, int k, float x) {
#if defined(CACHE_BF16) || defined(CACHE_FP8)
    ((GLOBAL ushort *)(row + ROTATED_AT(main)))[k] = to_bf16(x);
#else
    ((GLOBAL float *)(row + ROTATED_AT(main)))[k] = x;
#endif
}

#endif
