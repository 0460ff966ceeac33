/*
 * Matrix products of tensor cores, and how their operands come out of shared memory. On the host, the lanes of a warp show each
 * other what they hold; sums there are float32 in the order of the columns, which a device need not keep to within one product.
 */
#ifndef SLUICE_MMA_H
#define SLUICE_MMA_H

#include "fast.h"

/* rows of a tile, of activations and of a matrix */
#define TILE_ROWS 128

#ifdef SLUICE_EMULATED

/* nearest, even among equals; not-a-numbers stay what they are */
FN uint bf16_of(float x) {
    uint bits = (uint)AS_INT(x);
    return (bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}
FN uint two_bf16(float low, float high) {
    return bf16_of(low) | bf16_of(high) << 16;
}

/* Each lane names a row of 16 bytes; r[i] is of the eight rows that lanes 8 i .. name: lane l holds word l % 4 of row l / 4. */
FN void load_matrices(uint (&r)[4], const void *row) {
    sluice::Warp &w = sluice::warp();
    unsigned slot = w.generation & 1;
    w.shown[slot][LANE] = (uint64_t)row;
    sluice::wait_warp(ALL_LANES);
    for (int i = 0; i < 4; i++) {
        memcpy(&r[i], (const char *)w.shown[slot][8 * i + LANE / 4] + 4 * (LANE % 4), 4);
    }
}

/* c += a . b for 16 rows of a, 16 columns, and 8 rows of b, in the places where the lanes of a warp hold them. */
FN void multiply_add(float (&c)[4], const uint (&a)[4], uint b0, uint b1) {
    sluice::Warp &w = sluice::warp();
    unsigned slot = w.generation & 1;
    uint32_t *own = w.fragments[slot][LANE];
    for (int i = 0; i < 4; i++) {
        own[i] = a[i];
    }
    own[4] = b0, own[5] = b1;
    sluice::wait_warp(ALL_LANES);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 16; k++) {
            const uint32_t *left = w.fragments[slot][LANE / 4 * 4 + k % 8 / 2];
            const uint32_t *right = w.fragments[slot][(2 * (LANE % 4) + i % 2) * 4 + k % 8 / 2];
            uint32_t x = left[i / 2 + 2 * (k / 8)], y = right[4 + k / 8];
            c[i] += AS_FLOAT(k % 2 ? x & 0xffff0000u : x << 16) * AS_FLOAT(k % 2 ? y & 0xffff0000u : y << 16);
        }
    }
}

#define DYNAMIC_SHARED(type, name) type &name = *(type *)sluice::dynamic_shared()

#else

FN uint two_bf16(float low, float high) {
    uint r;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
    return r;
}

FN void load_matrices(uint (&r)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"((uint)__cvta_generic_to_shared(row))
                 : "memory");
}

FN void multiply_add(float (&c)[4], const uint (&a)[4], uint b0, uint b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

extern __shared__ uint4 dynamic_shared[];
#define DYNAMIC_SHARED(type, name) type &name = *(type *)dynamic_shared

#endif

#endif
