/*
 * Products of up to T rows of activations with rows of a matrix of plain floats, in float32: nothing is rounded but sums. Lanes
 * load 16 bytes of a matrix row at a time; what they load of the activations, which the first cache holds, serves R matrix rows.
 * A sum's order depends on the number of columns alone. Rows must start at multiples of 16 bytes, and 16 columns share a scale.
 */
#ifndef SLUICE_GEMV_PLAIN_H
#define SLUICE_GEMV_PLAIN_H

#include "../portable/weight.h"
#include "fast.h"

#define WARPS 8
#define EACH (16 / ELEMENT_BYTES)
/* elements that are widened at a time: all registers for sixteen would be too many */
#define PIECE (EACH < 8 ? EACH : 8)

template <int T>
struct Shared {};

#if defined(WEIGHT_F8_E4M3)
/* two bytes, each in the upper half of 16 bits, become halves of 1/256 of their value: the exponent is shifted into place */
FN void two_of_e4m3(uint w, float &low, float &high) {
    uint h = (w & 0x80008000u) | (w & 0x7f007f00u) >> 1;
    low = half_bits(h & 0xffffu) * 256.0f;
    high = half_bits(h >> 16) * 256.0f;
}
FN void elements(uint4 raw, int piece, float (&w)[PIECE]) {
    const uint words[2] = {piece ? raw.z : raw.x, piece ? raw.w : raw.y};
    uint nan = 0;
    _Pragma("unroll") for (int i = 0; i < 2; i++) {
        two_of_e4m3(words[i] << 8, w[4 * i], w[4 * i + 2]);
        two_of_e4m3(words[i], w[4 * i + 1], w[4 * i + 3]);
        nan |= ((words[i] & 0x7f7f7f7fu) + 0x01010101u) & 0x80808080u;
    }
    if (nan) {
        _Pragma("unroll") for (int i = 0; i < 8; i++) {
            w[i] = (words[i / 4] >> 8 * (i % 4) & 0x7f) == 0x7f ? AS_FLOAT(0x7fc00000) : w[i];
        }
    }
}
#elif defined(WEIGHT_BF16)
FN void elements(uint4 raw, int, float (&w)[PIECE]) {
    const uint words[4] = {raw.x, raw.y, raw.z, raw.w};
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        w[2 * i] = AS_FLOAT(words[i] << 16);
        w[2 * i + 1] = AS_FLOAT(words[i] & 0xffff0000u);
    }
}
#elif defined(WEIGHT_F16)
FN void elements(uint4 raw, int, float (&w)[PIECE]) {
    const uint words[4] = {raw.x, raw.y, raw.z, raw.w};
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        w[2 * i] = half_bits(words[i] & 0xffffu);
        w[2 * i + 1] = half_bits(words[i] >> 16);
    }
}
#else
FN void elements(uint4 raw, int, float (&w)[PIECE]) {
    w[0] = AS_FLOAT(raw.x), w[1] = AS_FLOAT(raw.y), w[2] = AS_FLOAT(raw.z), w[3] = AS_FLOAT(raw.w);
}
#endif

/* As in gemv_int8.h; scale(part, r) are the scales of a matrix row, for blockColumns each. */
template <int T, int R, class M, class X, class F, class S>
FN void products(
        Shared<T> &, float (&acc)[R][T], int active, int parts, int columns, const uchar *, const ushort *, int blockColumns,
        M matrix, X input, F factor, S scale) {
    for (int part = 0; part < parts; part++) {
        for (int k = EACH * LANE; k < columns; k += 32 * EACH) {
            uint4 raw[R];
            _Pragma("unroll") for (int r = 0; r < R; r++) {
                if (r < active) {
                    raw[r] = __ldcs((const uint4 *)(matrix(part, r) + (long)k * ELEMENT_BYTES));
                }
            }
#ifdef SCALED
            float all[R];
            _Pragma("unroll") for (int r = 0; r < R; r++) all[r] = r < active ? scale(part, r)[k / blockColumns] : 0.0f;
#endif
            _Pragma("unroll") for (int piece = 0; piece < EACH / PIECE; piece++) {
                float x[T][PIECE];
                _Pragma("unroll") for (int t = 0; t < T; t++) {
                    const float4 *in = (const float4 *)(input(part, t) + k) + piece * (PIECE / 4);
                    _Pragma("unroll") for (int i = 0; i < PIECE / 4; i++) {
                        float4 v = in[i];
                        x[t][4 * i] = v.x, x[t][4 * i + 1] = v.y, x[t][4 * i + 2] = v.z, x[t][4 * i + 3] = v.w;
                    }
                }
                _Pragma("unroll") for (int r = 0; r < R; r++) {
                    if (r < active) {
                        float w[PIECE];
                        elements(raw[r], piece, w);
#ifdef SCALED
                        _Pragma("unroll") for (int i = 0; i < PIECE; i++) w[i] *= all[r];
#endif
                        _Pragma("unroll") for (int t = 0; t < T; t++) {
                            float sum = 0.0f;
                            _Pragma("unroll") for (int i = 0; i < PIECE; i++) sum = FMA(w[i], x[t][i], sum);
                            acc[r][t] = FMA(factor(part, t), sum, acc[r][t]);
                        }
                    }
                }
            }
        }
    }
}

#endif
