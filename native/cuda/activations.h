/*
 * Activations as int8: a chunk of 1024 columns of up to T rows at a time, with one scale for 32 of them and the sums of codes
 * that minimums and offsets of weights are multiplied with. Each block rounds for itself: the rows lie in the second cache, and a
 * launch of its own would cost more.
 */
#ifndef SLUICE_ACTIVATIONS_H
#define SLUICE_ACTIVATIONS_H

#include "fast.h"

#define CHUNK 1024
#define UNITS (CHUNK / 32)

template <int T>
struct Chunk {
    uint4 codes[T][CHUNK / 16];
    float scale[T][UNITS];
    short sums[T][2 * UNITS]; /* of 16 codes */
};

/* Rounds n columns of a row; all 256 threads call it, the scale is multiplied by factor. Not-a-numbers make the scale one. */
template <int T>
FN void quantise(Chunk<T> &to, int t, const float *x, int n, float factor) {
    int at = 4 * (int)threadIdx.x;
    float4 v = at < n ? *(const float4 *)(x + at) : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    /* as integers, magnitudes order like floats with the not-a-numbers above them */
    int a = max(AS_INT(v.x) & 0x7fffffff, AS_INT(v.y) & 0x7fffffff);
    int b = max(AS_INT(v.z) & 0x7fffffff, AS_INT(v.w) & 0x7fffffff);
    int most = max(a, b);
    _Pragma("unroll") for (int s = 1; s < 8; s *= 2) most = max(most, __shfl_xor_sync(ALL_LANES, most, s));
    float largest = AS_FLOAT(most);
    /* below 2^-120 the reciprocal would overflow; such a group counts as zero */
    float inverse = largest > 0x1p-120f ? 127.0f / largest : 0.0f;
    int q0 = __float2int_rn(v.x * inverse), q1 = __float2int_rn(v.y * inverse);
    int q2 = __float2int_rn(v.z * inverse), q3 = __float2int_rn(v.w * inverse);
    ((uint *)to.codes[t])[threadIdx.x] =
            (uint)(q0 & 255) | (uint)(q1 & 255) << 8 | (uint)(q2 & 255) << 16 | (uint)(q3 & 255) << 24;
    int sum = (q0 + q1) + (q2 + q3);
    sum += __shfl_xor_sync(ALL_LANES, sum, 1);
    sum += __shfl_xor_sync(ALL_LANES, sum, 2);
    if (threadIdx.x % 4 == 0) {
        to.sums[t][threadIdx.x / 4] = (short)sum;
    }
    if (threadIdx.x % 8 == 0) {
        float scale = most < 0x7f800000 ? largest / 127.0f : AS_FLOAT(0x7fc00000);
        to.scale[t][threadIdx.x / 8] = scale * factor;
    }
}

#endif
