/*
 * What follows a product on its own rows: norms, rotations, caches, the choice of experts. Each is too small for a launch, so the
 * block of a tile that is the last to have stored its results runs them, row by row, from a list of calls as chain.cl has them.
 *
 * A list is longs: the number of calls, where the addresses of the slabs of pages are; then for each call its length, its number and
 * its arguments. Kernels of caches have their number plus 256 times the type of the cache: F32, BF16, FP8. `arrived` counts the
 * blocks of each tile; it is zero between launches. A null list has nothing follow.
 *
 * Results of other blocks are read, so nothing here may be loaded as if it were constant: there is no `restrict`.
 */
#ifndef SLUICE_TAIL_H
#define SLUICE_TAIL_H

#include "../portable/formats/bytes.h"
#include "../portable/norm.h"
#include "last_block.h"

#define TAIL const long *tail, int *arrived

/* what the largest of them keeps in shared memory: five arrays of 1024 numbers, to choose experts */
#define TAIL_BYTES (5 * 1024 * 4)

#pragma push_macro("RESTRICT")
#pragma push_macro("KERNEL")
#pragma push_macro("GROUP_X")
#pragma push_macro("LOCAL_ARRAY")
#undef RESTRICT
#undef KERNEL
#undef GROUP_X
#undef LOCAL_ARRAY
#define RESTRICT
#define KERNEL FN void
#define GROUP_X groupX
#define LOCAL_ARRAY(type, name, count) \
    type *name = (type *)shared; \
    shared += sizeof(type) * (count)
#define PLACED(name, ...) name(int groupX, uchar *shared, __VA_ARGS__)

#define add_rows(...) PLACED(add_rows, __VA_ARGS__)
#define swiglu(...) PLACED(swiglu, __VA_ARGS__)
#define concat(...) PLACED(concat, __VA_ARGS__)
#define gather_rows(...) PLACED(gather_rows, __VA_ARGS__)
#define rms_norm(...) PLACED(rms_norm, __VA_ARGS__)
#define layer_norm(...) PLACED(layer_norm, __VA_ARGS__)
#define arg_max(...) PLACED(arg_max, __VA_ARGS__)
#define apply_rope(...) PLACED(apply_rope, __VA_ARGS__)
#define append_latent(...) PLACED(append_latent, __VA_ARGS__)
#define append_index_key(...) PLACED(append_index_key, __VA_ARGS__)
#define route_experts(...) PLACED(route_experts, __VA_ARGS__)

#include "../portable/rope.cl"
#include "../portable/route.cl"
#include "../portable/rows.cl"

namespace cache_f32 {
#include "tail_caches.h"
}
#define CACHE_BF16
namespace cache_bf16 {
#include "tail_caches.h"
}
#undef CACHE_BF16
#define CACHE_FP8
namespace cache_fp8 {
#include "tail_caches.h"
}
#undef CACHE_FP8

#undef add_rows
#undef swiglu
#undef concat
#undef gather_rows
#undef rms_norm
#undef layer_norm
#undef arg_max
#undef apply_rope
#undef append_latent
#undef append_index_key
#undef route_experts
#undef PLACED
#pragma pop_macro("LOCAL_ARRAY")
#pragma pop_macro("GROUP_X")
#pragma pop_macro("KERNEL")
#pragma pop_macro("RESTRICT")

#define AT row, shared
#define POINTER(type, i) (type *)a[i]
#define INT(i) (int)a[i]
#define FLOAT(i) AS_FLOAT(a[i])
#define PAGES(i) \
    slabs[0], slabs[1], slabs[2], slabs[3], slabs[4], slabs[5], slabs[6], slabs[7], a[i], a[i + 1], step
#define LATENT_ROW POINTER(float, 0), POINTER(float, 1), FLOAT(2), INT(3), INT(4), INT(5), INT(6), PAGES(7)
#define KEY_ROW POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), FLOAT(3), INT(4), INT(5), INT(6), INT(7), PAGES(8)

/* A function of its own, the same in all images: nothing of the product is of use any more. */
static __device__ __noinline__ void run_calls(const long *list, int first, int last, uchar *shared, const int *step) {
    float *const *slabs = (float *const *)list[1];
    for (int row = first; row < last; row++) {
        const long *call = list + 2;
        _Pragma("unroll 1") for (int i = 0; i < (int)list[0]; i++) {
            const long *a = call + 2;
            switch ((int)call[1]) {
#include "../portable/row_calls.h"
                case 9: cache_f32::append_latent(AT, LATENT_ROW); break;
                case 10: cache_f32::append_index_key(AT, KEY_ROW); break;
                case 256 + 9: cache_bf16::append_latent(AT, LATENT_ROW); break;
                case 256 + 10: cache_bf16::append_index_key(AT, KEY_ROW); break;
                case 512 + 9: cache_fp8::append_latent(AT, LATENT_ROW); break;
                case 512 + 10: cache_fp8::append_index_key(AT, KEY_ROW); break;
                default: break;
            }
            __syncthreads();
            call += call[0];
        }
    }
}

#undef AT
#undef POINTER
#undef INT
#undef FLOAT
#undef PAGES

/* Every block of a tile calls it with the rows of the tile, when its threads have stored their results. */
FN void finish_tile(TAIL, int first, int last, uchar *shared, STEP) {
    if (tail && is_last_block(arrived + GROUP_Y, GROUPS_X)) {
        run_calls(tail, first, last, shared, step);
    }
}

#endif
