/*
 * Stands in for CUDA's builtins when a kernel is compiled for the host: included before every kernel source. What one thread
 * does alone is done plainly; what threads do together goes through blocks.h.
 */
#ifndef SLUICE_EMULATOR_CUDA_SHIM_H
#define SLUICE_EMULATOR_CUDA_SHIM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "blocks.h"

#define __CUDACC__ 1
#define SLUICE_EMULATED 1

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
/* blocks run one at a time, so what they share may simply be static */
#define __shared__ static
#define __constant__ static

struct __align__(8) int2 { int x, y; };
struct __align__(16) int4 { int x, y, z, w; };
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
struct __align__(8) float2 { float x, y; };
struct __align__(16) float4 { float x, y, z, w; };

static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline int2 make_int2(int x, int y) { return {x, y}; }
static inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

template <class To, class From>
static inline To bits_as(From x) {
    static_assert(sizeof(To) == sizeof(From));
    To r;
    memcpy(&r, &x, sizeof r);
    return r;
}
static inline float __int_as_float(int x) { return bits_as<float>(x); }
static inline int __float_as_int(float x) { return bits_as<int>(x); }
static inline float __uint_as_float(unsigned x) { return bits_as<float>(x); }
static inline unsigned __float_as_uint(float x) { return bits_as<unsigned>(x); }

static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __float2int_rn(float x) { return (int)nearbyintf(x); }
#define __expf expf /* the C library has a function of that name */
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

template <class T>
static inline T __ldg(const T *p) { return *p; }
template <class T>
static inline T __ldcs(const T *p) { return *p; }
template <class T>
static inline void __stcs(T *p, T x) { *p = x; }

static inline int __dp4a(int a, int b, int c) {
    for (int i = 0; i < 4; i++) {
        c += (int8_t)(a >> 8 * i) * (int8_t)(b >> 8 * i);
    }
    return c;
}
/* four bytes of the eight in a and b; a selector's top bit asks for the sign instead, which nobody uses here */
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    uint64_t all = (uint64_t)b << 32 | a;
    unsigned r = 0;
    for (int i = 0; i < 4; i++) {
        r |= (unsigned)(all >> 8 * (selector >> 4 * i & 7) & 255) << 8 * i;
    }
    return r;
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((uint64_t)high << 32 | low) >> (shift & 31));
}
/* bytewise difference, wrapping */
static inline unsigned __vsub4(unsigned a, unsigned b) {
    return ((a | 0x80808080u) - (b & 0x7f7f7f7fu)) ^ ((a ^ ~b) & 0x80808080u);
}

/* One thread runs at a time: nothing needs to be atomic. */
template <class T>
static inline T atomicAdd(T *p, T x) { T old = *p; *p = old + x; return old; }
static inline int atomicAdd(int *p, int x) { int old = *p; *p = old + x; return old; }
template <class T>
static inline T atomicMax(T *p, T x) { T old = *p; *p = old > x ? old : x; return old; }
template <class T>
static inline T atomicExch(T *p, T x) { T old = *p; *p = x; return old; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

static inline void __syncthreads() { sluice::wait_block(); }
static inline void __syncwarp(unsigned mask = 0xffffffffu) { sluice::wait_warp(mask); }

template <class T>
static inline T shown_by(unsigned mask, T x, unsigned (*source)(unsigned, int, int), int by, int width) {
    static_assert(sizeof(T) <= 8);
    sluice::Warp &w = sluice::warp();
    unsigned self = sluice::lane(), slot = w.generation & 1;
    memcpy(&w.shown[slot][self], &x, sizeof x);
    sluice::wait_warp(mask);
    unsigned from = source(self, by, width);
    T r;
    memcpy(&r, &w.shown[slot][from], sizeof r);
    return r;
}
template <class T>
static inline T __shfl_sync(unsigned mask, T x, int from, int width = 32) {
    return shown_by(mask, x, [](unsigned l, int f, int n) { return (l & ~(n - 1u)) | (f & (n - 1u)); }, from, width);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T x, int by, int width = 32) {
    return shown_by(mask, x, [](unsigned l, int b, int) { return l ^ (unsigned)b; }, by, width);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T x, int by, int width = 32) {
    return shown_by(mask, x, [](unsigned l, int b, int n) { return (l & (n - 1u)) + b < (unsigned)n ? l + b : l; }, by, width);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T x, int by, int width = 32) {
    return shown_by(mask, x, [](unsigned l, int b, int n) { return (l & (n - 1u)) >= (unsigned)b ? l - b : l; }, by, width);
}
static inline unsigned __ballot_sync(unsigned mask, int yes) {
    sluice::Warp &w = sluice::warp();
    unsigned slot = w.generation & 1, alive = w.alive, votes = 0;
    w.shown[slot][sluice::lane()] = yes != 0;
    sluice::wait_warp(mask);
    for (unsigned l = 0; l < sluice::warp_lanes; l++) {
        votes |= (alive >> l & 1) && w.shown[slot][l] ? 1u << l : 0u;
    }
    return votes;
}
static inline int __any_sync(unsigned mask, int yes) { return __ballot_sync(mask, yes) != 0; }
static inline int __all_sync(unsigned mask, int yes) { return __ballot_sync(mask, !yes) == 0; }

#endif
