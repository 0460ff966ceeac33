/*
 * index_scores.cl for long contexts, with the same arguments and groups; 4 divides width. A block takes 64 positions, which are one page, and
 * 32 heads at a time: keys and queries go through shared memory, each thread keeps the products of four positions with two heads
 * in registers, so that six loads serve 32 multiplications. In float32, since a selection hangs on small differences.
 */
#include "fast.h"

#define THREADS 256
#define HEADS 32
#define DEPTH 64
/* rows apart by 68 floats: eight lanes that read 16 bytes each of different rows meet different banks */
#define STRIDE (DEPTH + 4)

/* Copies [rows x depth] floats, of rows `stride` apart, with zeros behind the end. */
FN void stage(float *to, const float *from, int rows, int have, int depth, long stride) {
    for (int i = (int)threadIdx.x; i < rows * (DEPTH / 4); i += THREADS) {
        int row = i / (DEPTH / 4), k = i % (DEPTH / 4) * 4;
        float4 v = row < have && k < depth ? *(const float4 *)(from + row * stride + k) : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        *(float4 *)(to + row * STRIDE + k) = v;
    }
}

KERNEL_OF(THREADS, 3) index_scores_fast(
        const float *__restrict__ query, const float *__restrict__ weights, float *__restrict__ y, int heads, int width,
        float scale, SLABS, STEP) {
    __shared__ __align__(16) float keys[PAGE * STRIDE];
    __shared__ __align__(16) float queries[HEADS * STRIDE];
    __shared__ float sums[16][PAGE];
    int r = GROUP_Y;
    if (r >= step[0]) {
        return;
    }
    int context = step[2], table = page_table(r, step), position = position_of(r, step);
    int column = (int)threadIdx.x & 15, team = (int)threadIdx.x >> 4;
    const float *q = query + (long)r * heads * width;
    for (int first = GROUP_X * PAGE; first < context; first += GROUPS_X * PAGE) {
        int own = first + (int)threadIdx.x;
        float total = 0.0f;
        if (first <= position) {
            const float *page = cache_row(table, first, width, SLABS_ARGUMENTS, step);
            int have = min(PAGE, position + 1 - first);
            for (int head = 0; head < heads; head += HEADS) {
                float acc[4][2] = {};
                for (int depth = 0; depth < width; depth += DEPTH) {
                    stage(keys, page + depth, PAGE, have, width - depth, width);
                    stage(queries, q + (long)head * width + depth, HEADS, heads - head, width - depth, width);
                    __syncthreads();
                    for (int k = 0; k < DEPTH; k += 4) {
                        float4 a[4], b[2];
                        _Pragma("unroll") for (int i = 0; i < 4; i++) a[i] = *(const float4 *)(keys + (column + 16 * i) * STRIDE + k);
                        _Pragma("unroll") for (int i = 0; i < 2; i++) b[i] = *(const float4 *)(queries + (2 * team + i) * STRIDE + k);
                        _Pragma("unroll") for (int i = 0; i < 4; i++) {
                            _Pragma("unroll") for (int j = 0; j < 2; j++) {
                                float s = FMA(a[i].x, b[j].x, acc[i][j]);
                                s = FMA(a[i].y, b[j].y, s);
                                s = FMA(a[i].z, b[j].z, s);
                                acc[i][j] = FMA(a[i].w, b[j].w, s);
                            }
                        }
                    }
                    __syncthreads();
                }
                _Pragma("unroll") for (int i = 0; i < 4; i++) {
                    float sum = 0.0f;
                    _Pragma("unroll") for (int j = 0; j < 2; j++) {
                        int h = head + 2 * team + j;
                        if (h < heads) {
                            sum = FMA(weights[(long)r * heads + h], acc[i][j] > 0.0f ? acc[i][j] : 0.0f, sum);
                        }
                    }
                    sums[team][column + 16 * i] = sum;
                }
                __syncthreads();
                if (threadIdx.x < PAGE) {
                    for (int t = 0; t < 16; t++) {
                        total += sums[t][threadIdx.x];
                    }
                }
            }
        }
        if (threadIdx.x < PAGE && own < context) {
            y[(long)r * context + own] = own <= position ? total * scale : NEGATIVE_INFINITY;
        }
    }
}
