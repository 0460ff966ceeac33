/* Elementary functions on vectors: the same operations in every lane, so that a value never depends on its position. */
#ifndef SLUICE_VECTOR_MATH_H
#define SLUICE_VECTOR_MATH_H

#include "simd.h"

/*
 * e^x, at most 2 units in the last place from it for x in [-87, 88]; clamped to the values at those ends outside. Cody-Waite
 * reduction to |r| <= ln 2 / 2, then a minimax polynomial.
 */
INLINE vf vf_exp(vf x) {
    x = vf_min(vf_max(x, vf_set1(-87.0f)), vf_set1(88.0f));
    vf n = vf_round(vf_mul(x, vf_set1(1.44269504088896341f)));
    vf r = vf_fnma(n, vf_set1(0.693359375f), x);
    r = vf_fnma(n, vf_set1(-2.12194440e-4f), r);
    vf p = vf_set1(1.9875691500e-4f);
    p = vf_fma(p, r, vf_set1(1.3981999507e-3f));
    p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
    p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
    p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
    p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
    p = vf_fma(vf_mul(p, r), r, vf_add(r, vf_set1(1.0f)));
    return vf_scale2(p, n);
}

/* x * sigmoid(x) */
INLINE vf vf_silu(vf x) {
    return vf_div(x, vf_add(vf_set1(1.0f), vf_exp(vf_sub(vf_zero(), x))));
}

#endif
