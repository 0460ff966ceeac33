/* What the kernels for NVIDIA's processors alone have in common. They have not been run on hardware yet. */
#ifndef SLUICE_FAST_H
#define SLUICE_FAST_H

#include "../portable/step.h"
#include "../portable/sums.h"

/* a kernel of that many threads, of which the given number of blocks should fit on a multiprocessor */
#define KERNEL_OF(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)

#define ALL_LANES 0xffffffffu
#define LANE ((int)threadIdx.x & 31)
#define WARP ((int)threadIdx.x >> 5)

#ifdef SLUICE_EMULATED
FN void copy_later16(void *to, const void *from, int n) {
    memset(to, 0, 16);
    memcpy(to, from, n);
}
FN void end_copies() {}
template <int newer>
FN void wait_for_copies() {}
#else
/* n bytes and zeros up to 16 from device to shared memory, past the registers and the first cache */
FN void copy_later16(void *to, const void *from, int n) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((uint)__cvta_generic_to_shared(to)), "l"(from), "r"(n)
                 : "memory");
}
/* ends a set of copies */
FN void end_copies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
/* waits until all sets of copies have arrived but for the newest ones */
template <int newer>
FN void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(newer) : "memory");
}
#endif

/* Sum over a warp by a fixed tree, the same bits in every lane. */
FN float warp_sum(float x) {
    _Pragma("unroll") for (int s = 16; s > 0; s /= 2) x += __shfl_xor_sync(ALL_LANES, x, s);
    return x;
}

/* Words that start at any address; reads up to three bytes before and four behind them. */
template <int n>
FN void words_at(const uchar *p, uint (&w)[n]) {
    const uint *q = (const uint *)((ulong)p & ~3ul);
    uint shift = 8 * ((uint)(ulong)p & 3), low = q[0];
    _Pragma("unroll") for (int i = 0; i < n; i++) {
        uint high = q[i + 1];
        w[i] = __funnelshift_r(low, high, shift);
        low = high;
    }
}

#endif
