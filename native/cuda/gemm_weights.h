/*
 * 32 columns of a row of weights as bfloat16, for tensor cores. Rows come to shared memory as they are stored, RAW_UNITS times 32
 * columns at a time, by 16-byte asynchronous copies: a thread that decodes a unit would fetch its few bytes from 32 lines at once.
 */
#ifndef SLUICE_GEMM_WEIGHTS_H
#define SLUICE_GEMM_WEIGHTS_H

#include "gemv.h"
#include "mma.h"

#ifdef ELEMENT_BYTES

/* rows start at multiples of 16 */
#define RAW_UNITS (ELEMENT_BYTES == 4 ? 2 : 4)
#define RAW_BYTES (32 * RAW_UNITS * ELEMENT_BYTES)
#define RAW_PIECES (RAW_BYTES / 16 | 1)

FN void decode_unit(const uchar *raw, int u, const ushort *, float scale, uint (&out)[16]) {
    const uint4 *from = (const uint4 *)(raw + 32 * ELEMENT_BYTES * u);
    _Pragma("unroll") for (int i = 0; i < 2 * ELEMENT_BYTES; i++) {
        uint4 v = from[i];
        _Pragma("unroll") for (int piece = 0; piece < EACH / PIECE; piece++) {
            float w[PIECE];
            elements(v, piece, w);
            _Pragma("unroll") for (int e = 0; e < PIECE; e += 2) {
                out[(EACH * i + PIECE * piece + e) / 2] = two_bf16(w[e] * scale, w[e + 1] * scale);
            }
        }
    }
}

#else

#define RAW_UNITS (BLOCK_UNITS < 4 ? 4 : BLOCK_UNITS)
#define RAW_BYTES (RAW_UNITS / BLOCK_UNITS * BLOCK_BYTES)
/* a start at any place among 16, words read behind the end; odd, so that eight rows lie in different banks */
#define RAW_PIECES ((RAW_BYTES + 15 + 4 + 15) / 16 | 1)

/* byte i of a word, signed, less the bias of the codes: in the mantissa of a float, as converting integers is slow */
FN float code_of(uint flipped, int i) {
    return AS_FLOAT(__byte_perm(flipped, 0x4b000000u, 0x7440u | (uint)i)) - (8388608.0f + 128.0f + (float)(BIAS));
}

FN void decode_unit(const uchar *raw, int u, const ushort *grid, float, uint (&out)[16]) {
    Unit unit;
    unpack(raw, u, grid, unit);
    _Pragma("unroll") for (int i = 0; i < 8; i++) {
        uint flipped = unit.codes[i] ^ 0x80808080u;
#ifdef TWO_SCALES
        float scale = unit.scale[i / 4];
#else
        float scale = unit.scale[0];
#endif
#ifdef WITH_MINIMUM
#ifdef TWO_SCALES
        float minimum = -unit.minimum[i / 4];
#else
        float minimum = -unit.minimum[0];
#endif
#define ELEMENT(b) FMA(code_of(flipped, b), scale, minimum)
#else
#define ELEMENT(b) (code_of(flipped, b) * scale)
#endif
        out[2 * i] = two_bf16(ELEMENT(0), ELEMENT(1));
        out[2 * i + 1] = two_bf16(ELEMENT(2), ELEMENT(3));
    }
}

#endif

/* bfloat16 needs no decoding: its rows go straight where tensor cores read them */
#if defined(WEIGHT_BF16) && !defined(SCALED)
#define DIRECT
#endif

#endif
