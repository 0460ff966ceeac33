/*
 * Many operations in one command, for processors. A work group of one work item goes through a list of calls, so operations that are
 * too small to be worth waking another core cost no launch. Built with GROUP 1 and at most one type of weights and of caches.
 *
 * A call in the list is a row of longs: its length; its number below; what the step's context must exceed; an extent of rows with the
 * least and the most it may be; groups along x and along y as extent, factor and divisor; then the kernel's arguments. A pointer is
 * root << 56 | offset. Of SLABS two arguments stand in the list, the pointers being the same for all; of STEP none does.
 */
#include "dialect.h"
#include "step.h"

#undef KERNEL
#define KERNEL FN void
#undef GROUP_X
#undef GROUP_Y
#undef GROUPS_X
#define GROUP_X groupX
#define GROUP_Y groupY
#define GROUPS_X groupsX
#define PLACED(name, ...) name(int groupX, int groupY, int groupsX, __VA_ARGS__)

#define embed(...) PLACED(embed, __VA_ARGS__)
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
#define index_scores(...) PLACED(index_scores, __VA_ARGS__)
#define select_top_k(...) PLACED(select_top_k, __VA_ARGS__)
#define top_logits(...) PLACED(top_logits, __VA_ARGS__)
#define latent_attention(...) PLACED(latent_attention, __VA_ARGS__)
#define head_matmul(...) PLACED(head_matmul, __VA_ARGS__)
#define head_matmul_transposed(...) PLACED(head_matmul_transposed, __VA_ARGS__)
#define route_experts(...) PLACED(route_experts, __VA_ARGS__)
#define matmul_one(...) PLACED(matmul_one, __VA_ARGS__)
#define matmul_many(...) PLACED(matmul_many, __VA_ARGS__)
#define gate_up_one(...) PLACED(gate_up_one, __VA_ARGS__)
#define gate_up_many(...) PLACED(gate_up_many, __VA_ARGS__)
#define expert_inner(...) PLACED(expert_inner, __VA_ARGS__)
#define expert_down(...) PLACED(expert_down, __VA_ARGS__)

#include "append.cl"
#include "embed.cl"
#include "experts.cl"
#include "head_matmul.cl"
#include "index_scores.cl"
#include "latent_attention.cl"
#include "matmul.cl"
#include "rope.cl"
#include "route.cl"
#include "rows.cl"
#include "select.cl"

#undef embed
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
#undef index_scores
#undef select_top_k
#undef top_logits
#undef latent_attention
#undef head_matmul
#undef head_matmul_transposed
#undef route_experts
#undef matmul_one
#undef matmul_many
#undef gate_up_one
#undef gate_up_many
#undef expert_inner
#undef expert_down

#define POINTER(type, i) (GLOBAL type *)(roots[(ulong)a[i] >> 56] + ((ulong)a[i] & 0xffffffffffffffUL))
#define INT(i) (int)a[i]
#define FLOAT(i) AS_FLOAT(a[i])
#define MATRIX POINTER(const uchar, 0), POINTER(const ushort, 1), POINTER(const float, 2), INT(3), INT(4)
#define PAGES(i) slab0, slab1, slab2, slab3, slab4, slab5, slab6, slab7, a[i], a[i + 1], step
#define AT x, y, groupsX

FN long extent_of(long symbol, STEP) {
    return symbol == EXTENT_CONTEXT ? step[2] : extent((int)symbol, step);
}

FN int groups_along(GLOBAL const long *axis, STEP) {
    return (int)((extent_of(axis[0], step) * axis[1] + axis[2] - 1) / axis[2]);
}

ENTRY chain(
        GLOBAL uchar *root0, GLOBAL uchar *root1, GLOBAL uchar *root2, GLOBAL uchar *root3, GLOBAL uchar *root4,
        GLOBAL uchar *root5, GLOBAL uchar *root6, GLOBAL uchar *root7, GLOBAL uchar *root8, GLOBAL uchar *root9,
        GLOBAL uchar *root10, GLOBAL uchar *root11, GLOBAL uchar *root12, GLOBAL uchar *root13, GLOBAL uchar *root14,
        GLOBAL uchar *root15, GLOBAL float *slab0, GLOBAL float *slab1, GLOBAL float *slab2, GLOBAL float *slab3,
        GLOBAL float *slab4, GLOBAL float *slab5, GLOBAL float *slab6, GLOBAL float *slab7, GLOBAL const long *RESTRICT calls,
        int count, STEP) {
    GLOBAL uchar *roots[16] = {root0, root1, root2,  root3,  root4,  root5,  root6,  root7,
                               root8, root9, root10, root11, root12, root13, root14, root15};
    GLOBAL const long *call = calls;
    for (int i = 0; i < count; i++, call += call[0]) {
        long rows = extent_of(call[3], step);
        if (step[2] <= call[2] || rows < call[4] || rows > call[5]) {
            continue;
        }
        int groupsX = groups_along(call + 6, step), groupsY = groups_along(call + 9, step);
        GLOBAL const long *a = call + 12;
        for (int y = 0; y < groupsY; y++) {
            for (int x = 0; x < groupsX; x++) {
                switch ((int)call[1]) {
                    case 0: embed(AT, MATRIX, POINTER(int, 5), POINTER(float, 6), INT(7), a[8], INT(9), INT(10), step); break;
                    case 1: add_rows(AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), INT(3), INT(4), step); break;
                    case 2: swiglu(AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), INT(3), INT(4), step); break;
                    case 3:
                        concat(
                                AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), INT(3), INT(4), INT(5), step);
                        break;
                    case 4: gather_rows(AT, POINTER(float, 0), POINTER(float, 1), INT(2), step); break;
                    case 6:
                        layer_norm(
                                AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), POINTER(float, 3), INT(4), FLOAT(5), INT(6),
                                step);
                        break;
                    case 7: arg_max(AT, POINTER(float, 0), POINTER(int, 1), INT(2), INT(3), step); break;
                    case 9:
                        append_latent(
                                AT, POINTER(float, 0), POINTER(float, 1), FLOAT(2), INT(3), INT(4), INT(5), INT(6), PAGES(7));
                        break;
                    case 10:
                        append_index_key(
                                AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), FLOAT(3), INT(4), INT(5), INT(6), INT(7),
                                PAGES(8));
                        break;
                    case 11:
                        index_scores(
                                AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), INT(3), INT(4), FLOAT(5), PAGES(6));
                        break;
                    case 12: select_top_k(AT, POINTER(float, 0), POINTER(int, 1), INT(2), step); break;
                    case 13:
                        top_logits(
                                AT, POINTER(float, 0), POINTER(int, 1), POINTER(float, 2), POINTER(int, 3), INT(4), INT(5), INT(6), step);
                        break;
                    case 14:
                        latent_attention(
                                AT, POINTER(float, 0), POINTER(float, 1), POINTER(int, 2), POINTER(float, 3), INT(4), INT(5), INT(6),
                                INT(7), INT(8), INT(9), FLOAT(10), PAGES(11));
                        break;
                    case 15:
                        head_matmul(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), INT(7), INT(8), INT(9), INT(10), INT(11), INT(12),
                                INT(13), a[14], INT(15), step);
                        break;
                    case 16:
                        head_matmul_transposed(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), INT(7), INT(8), INT(9), INT(10), INT(11), INT(12),
                                INT(13), a[14], INT(15), step);
                        break;
                    case 18:
                        matmul_one(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), POINTER(float, 7), POINTER(float, 8), POINTER(float, 9),
                                INT(10), INT(11), INT(12), POINTER(float, 13), POINTER(float, 14), INT(15), INT(16), a[17], INT(18),
                                INT(19), step);
                        break;
                    case 19:
                        matmul_many(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), POINTER(float, 7), POINTER(float, 8), POINTER(float, 9),
                                INT(10), INT(11), INT(12), POINTER(float, 13), POINTER(float, 14), INT(15), INT(16), a[17], INT(18),
                                INT(19), step);
                        break;
                    case 20:
                        gate_up_one(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), INT(7), a[8], INT(9), INT(10), step);
                        break;
                    case 21:
                        gate_up_many(
                                AT, MATRIX, POINTER(float, 5), POINTER(float, 6), INT(7), a[8], INT(9), INT(10), step);
                        break;
                    case 22:
                        expert_inner(
                                AT, MATRIX, POINTER(float, 5), POINTER(int, 6), POINTER(float, 7), INT(8), INT(9), a[10], INT(11),
                                INT(12), INT(13), step);
                        break;
                    case 23:
                        expert_down(
                                AT, MATRIX, POINTER(float, 5), POINTER(int, 6), POINTER(float, 7), POINTER(float, 8), INT(9), a[10],
                                INT(11), INT(12), INT(13), step);
                        break;
#include "row_calls.h"
                    default: break;
                }
            }
        }
    }
}
