/*
 * What differs between the two languages the portable kernels are written in: OpenCL C 1.2 and CUDA C++.
 *
 * A build defines GROUP, the work items of a work group (a power of two up to 256), and LANES, how many of them share one dot
 * product. A processor takes 1 and 1: a work group is a loop over vectors of 16. A GPU takes 256 and 32.
 *
 * A team of LANES work items takes TEAM_ROWS rows of a matrix at a time: on a processor several, as one sum alone would wait for
 * itself.
 */
#ifndef SLUICE_DIALECT_H
#define SLUICE_DIALECT_H

#ifndef GROUP
#define GROUP 256
#endif
#ifndef LANES
#define LANES 32
#endif

#if LANES == 1
#define TEAM_ROWS 4
#else
#define TEAM_ROWS 1
#endif
#define EACH_TEAM_ROW _Pragma("unroll") for (int j = 0; j < TEAM_ROWS; j++)

/* Pieces of 16 elements in a row, the last of which may be ragged. */
#define PIECES(n) (((n) + 15) / 16)

#ifdef __CUDACC__

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;

#ifdef MANY_REGISTERS
/* left alone, the compiler stops at 64 registers and spills */
#define ENTRY extern "C" __global__ void __launch_bounds__(GROUP, 2)
#else
#define ENTRY extern "C" __global__ void __launch_bounds__(GROUP)
#endif
#define FN static __device__ __forceinline__
#define GLOBAL
#define LOCAL
#define LOCAL_ARRAY(type, name, count) __shared__ type name[count]
#define RESTRICT __restrict__
#define BARRIER() __syncthreads()
#define GROUP_X ((int)blockIdx.x)
#define GROUP_Y ((int)blockIdx.y)
#define GROUPS_X ((int)gridDim.x)
#define ITEM ((int)threadIdx.x)
#define EXP(x) expf(x)
#define FMA(a, b, c) fmaf(a, b, c)
#define AS_FLOAT(x) __int_as_float((int)(x))
#define AS_INT(x) __float_as_int(x)
#define COUNT_LOCAL(p) atomicAdd(p, 1)

#else

/* results must not depend on where a compiler finds it convenient to fuse: every fused product is written as FMA */
#pragma OPENCL FP_CONTRACT OFF
#define ENTRY __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
#define FN static inline
#define GLOBAL __global
#define RESTRICT restrict
#define GROUP_X ((int)get_group_id(0))
#define GROUP_Y ((int)get_group_id(1))
#define GROUPS_X ((int)get_num_groups(0))
#define EXP(x) exp(x)
#ifdef FP_FAST_FMAF
#define FMA(a, b, c) fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#define AS_FLOAT(x) as_float((int)(x))
#define AS_INT(x) as_int(x)
#define COUNT_LOCAL(p) atomic_inc(p)
#if GROUP == 1
/* no other work item to wait for or to share with; a barrier would only split the loops of a processor's compiler */
#define ITEM 0
#define BARRIER()
#define LOCAL
#define LOCAL_ARRAY(type, name, count) type name[count]
#else
#define LOCAL __local
#define LOCAL_ARRAY(type, name, count) __local type name[count]
#define ITEM ((int)get_local_id(0))
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#endif

#endif

/* what a device is asked to run; chain.cl makes functions of everything but itself */
#define KERNEL ENTRY

#define NEGATIVE_INFINITY AS_FLOAT(0xff800000)

/* An extent of a value: token rows of the step, rows whose result is wanted, or a number. */
#define EXTENT_ROWS -1
#define EXTENT_OUTPUTS -2
#define EXTENT_CONTEXT -3

FN int min_int(int a, int b) {
    return a < b ? a : b;
}

FN float silu(float g) {
    return g / (1.0f + EXP(-g));
}

#endif
