/*
 * latent_attention.cl for many heads. Eight heads share what a block reads of the cache, and a row's positions are cut into 16 splits, by their
 * number alone. Two ways with the same bits:
 *   latent_attention_whole     one block takes all splits of eight heads: enough where a step has many rows
 *   latent_attention_split     one block takes one split, so that a single row fills the device; the last of them puts splits
 *                              together, in their order
 * Within a split, 128 positions at a time: products with the queries through shared memory, each thread two positions and two heads; then
 * weighted sums, each thread two columns of all eight heads. Everything in float32. 4 divides latent and rope.
 */
#include "last_block.h"

#define THREADS 256
#define HEADS 8
#define SPLITS 16
#define TILE 128
#define DEPTH 64
#define STRIDE (DEPTH + 4)
/* a thread's columns: the cache's latent part is at most two for each thread and pass */
#define COLUMNS 2

struct Sum {
    float largest, total; /* of this split's scores, and of their exponentials less it */
};

struct Scene {
    int heads, latent, rope, queryWidth, ropeOffset;
    float scale;
    const float *queryLatent, *query;
};

struct Buffers {
    float keys[TILE * STRIDE];
    float queries[HEADS * STRIDE];
    float weights[TILE][HEADS];
    const float *place[TILE];
    Sum sums[HEADS];
    float shrink[HEADS];
};

/* valid entries of a selection: they end at the first -1 */
FN int selected(const int *selection, int k) {
    int low = 0, high = k;
    while (low < high) {
        int middle = (low + high) / 2;
        if (selection[middle] >= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* acc += products of n cached rows with eight queries, from element `from` of a row on, over `depth` elements */
FN void score(
        Buffers &b, float (&acc)[2][2], const float *queries, int heads, long queryStride, int n, int from, int depth) {
    int team = (int)threadIdx.x >> 6, column = (int)threadIdx.x & 63; /* four teams of two heads, 64 columns of two positions */
    for (int k = 0; k < depth; k += DEPTH) {
        int have = min(DEPTH, depth - k);
        __syncthreads();
        for (int i = (int)threadIdx.x; i < TILE * (DEPTH / 4); i += THREADS) {
            int t = i / (DEPTH / 4), e = i % (DEPTH / 4) * 4;
            *(float4 *)(b.keys + t * STRIDE + e) = t < n && e < have ? *(const float4 *)(b.place[t] + from + k + e)
                                                                    : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        }
        for (int i = (int)threadIdx.x; i < HEADS * (DEPTH / 4); i += THREADS) {
            int h = i / (DEPTH / 4), e = i % (DEPTH / 4) * 4;
            *(float4 *)(b.queries + h * STRIDE + e) = h < heads && e < have
                    ? *(const float4 *)(queries + h * queryStride + k + e)
                    : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        }
        __syncthreads();
        for (int e = 0; e < DEPTH; e += 4) {
            float4 c[2], q[2];
            _Pragma("unroll") for (int i = 0; i < 2; i++) c[i] = *(const float4 *)(b.keys + (column + 64 * i) * STRIDE + e);
            _Pragma("unroll") for (int i = 0; i < 2; i++) q[i] = *(const float4 *)(b.queries + (2 * team + i) * STRIDE + e);
            _Pragma("unroll") for (int i = 0; i < 2; i++) {
                _Pragma("unroll") for (int j = 0; j < 2; j++) {
                    float s = FMA(c[i].x, q[j].x, acc[i][j]);
                    s = FMA(c[i].y, q[j].y, s);
                    s = FMA(c[i].z, q[j].z, s);
                    acc[i][j] = FMA(c[i].w, q[j].w, s);
                }
            }
        }
    }
}

/* Scores of a tile into exponentials: a warp takes a head, its lanes four positions each. */
FN void weigh(Buffers &b, int n) {
    int h = WARP;
    float s[TILE / 32], largest = b.sums[h].largest, before = largest, total = 0.0f;
    _Pragma("unroll") for (int i = 0; i < TILE / 32; i++) {
        int t = LANE + 32 * i;
        s[i] = t < n ? b.weights[t][h] : NEGATIVE_INFINITY;
        largest = s[i] > largest ? s[i] : largest;
    }
    _Pragma("unroll") for (int d = 16; d > 0; d /= 2) {
        float other = __shfl_xor_sync(ALL_LANES, largest, d);
        largest = other > largest ? other : largest;
    }
    _Pragma("unroll") for (int i = 0; i < TILE / 32; i++) {
        int t = LANE + 32 * i;
        float e = t < n ? EXP(s[i] - largest) : 0.0f;
        b.weights[t][h] = e;
        total += e;
    }
    _Pragma("unroll") for (int d = 16; d > 0; d /= 2) total += __shfl_xor_sync(ALL_LANES, total, d);
    if (LANE == 0) {
        float shrink = before == NEGATIVE_INFINITY ? 0.0f : EXP(before - largest);
        b.shrink[h] = shrink;
        b.sums[h].total = FMA(b.sums[h].total, shrink, total);
        b.sums[h].largest = largest;
    }
}

/* One split of one row and eight heads: out[h] and the sums of b, for columns from `column` on. */
FN void run_split(
        Buffers &b, float (&out)[HEADS][COLUMNS], const Scene &s, int head, int r, const int *chosen, int first, int last,
        int column, int table, SLABS, STEP) {
    int heads = min(HEADS, s.heads - head);
    _Pragma("unroll") for (int h = 0; h < HEADS; h++) out[h][0] = out[h][1] = 0.0f;
    __syncthreads();
    if (threadIdx.x < HEADS) {
        b.sums[threadIdx.x].largest = NEGATIVE_INFINITY;
        b.sums[threadIdx.x].total = 0.0f;
    }
    for (int base = first; base < last; base += TILE) {
        int n = min(TILE, last - base);
        __syncthreads();
        for (int t = (int)threadIdx.x; t < n; t += THREADS) {
            int position = chosen ? chosen[base + t] : base + t;
            b.place[t] = cache_row(table, position, s.latent + s.rope, SLABS_ARGUMENTS, step);
        }
        float acc[2][2] = {};
        score(b, acc, s.queryLatent + ((long)r * s.heads + head) * s.latent, heads, s.latent, n, 0, s.latent);
        score(b, acc, s.query + ((long)r * s.heads + head) * s.queryWidth + s.ropeOffset, heads, s.queryWidth, n, s.latent, s.rope);
        int team = (int)threadIdx.x >> 6, place = (int)threadIdx.x & 63;
        _Pragma("unroll") for (int i = 0; i < 2; i++) {
            _Pragma("unroll") for (int j = 0; j < 2; j++) b.weights[place + 64 * i][2 * team + j] = acc[i][j] * s.scale;
        }
        __syncthreads();
        weigh(b, n);
        __syncthreads();
        _Pragma("unroll") for (int h = 0; h < HEADS; h++) {
            out[h][0] *= b.shrink[h];
            out[h][1] *= b.shrink[h];
        }
        if (column < s.latent) {
            _Pragma("unroll 4") for (int t = 0; t < n; t++) {
                float2 c = *(const float2 *)(b.place[t] + column);
                _Pragma("unroll") for (int h = 0; h < HEADS; h++) {
                    float w = b.weights[t][h];
                    out[h][0] = FMA(w, c.x, out[h][0]);
                    out[h][1] = FMA(w, c.y, out[h][1]);
                }
            }
        }
    }
    __syncthreads();
}

/* Adds a split to what earlier ones came to. A split without positions has a total of zero. */
FN void merge(Sum &sum, float (&out)[COLUMNS], Sum more, const float (&moreOut)[COLUMNS]) {
    if (more.total == 0.0f) {
        return;
    }
    float largest = more.largest > sum.largest ? more.largest : sum.largest;
    float a = sum.largest == NEGATIVE_INFINITY ? 0.0f : EXP(sum.largest - largest), b = EXP(more.largest - largest);
    sum.total = FMA(sum.total, a, more.total * b);
    sum.largest = largest;
    _Pragma("unroll") for (int i = 0; i < COLUMNS; i++) out[i] = FMA(out[i], a, moreOut[i] * b);
}

#define ATTENTION_ARGUMENTS \
    const float *__restrict__ queryLatent, const float *__restrict__ query, const int *__restrict__ selection, float *y, int heads, \
            int latent, int rope, int queryWidth, int ropeOffset, int k, float scale, SLABS, STEP

#define BEGIN \
    __shared__ __align__(16) Buffers b; \
    int r = GROUP_Y; \
    if (r >= step[0]) { \
        return; \
    } \
    Scene scene = {heads, latent, rope, queryWidth, ropeOffset, scale, queryLatent, query}; \
    const int *chosen = k > 0 ? selection + (long)r * k : nullptr; \
    int table = page_table(r, step), count = k > 0 ? selected(chosen, k) : position_of(r, step) + 1; \
    int each = (count + SPLITS - 1) / SPLITS;

/* groups: (heads, or an eighth of them, rows) */
KERNEL_OF(THREADS, 2) latent_attention_whole(ATTENTION_ARGUMENTS) {
    int head = GROUP_X * HEADS;
    if (head >= heads) {
        return;
    }
    BEGIN
    for (int base = 0; base < latent; base += THREADS * COLUMNS) {
        int column = base + COLUMNS * (int)threadIdx.x;
        Sum sums[HEADS];
        float out[HEADS][COLUMNS] = {};
        _Pragma("unroll") for (int h = 0; h < HEADS; h++) sums[h] = {NEGATIVE_INFINITY, 0.0f};
        for (int split = 0; split < SPLITS; split++) {
            float more[HEADS][COLUMNS];
            run_split(
                    b, more, scene, head, r, chosen, min(count, split * each), min(count, (split + 1) * each), column, table,
                    SLABS_ARGUMENTS, step);
            _Pragma("unroll") for (int h = 0; h < HEADS; h++) merge(sums[h], out[h], b.sums[h], more[h]);
        }
        _Pragma("unroll") for (int h = 0; h < HEADS; h++) {
            _Pragma("unroll") for (int i = 0; i < COLUMNS; i++) {
                if (head + h < heads && column + i < latent) {
                    y[((long)r * heads + head + h) * latent + column + i] = count > 0 ? out[h][i] / sums[h].total : 0.0f;
                }
            }
        }
    }
}

/* Puts the splits of one row and head together, each its sums and latent columns: a function of its own, with registers of its own. */
static __device__ __noinline__ void combine(const float *part, float *y, int latent) {
    for (int column = COLUMNS * (int)threadIdx.x; column < latent; column += THREADS * COLUMNS) {
        Sum sum = {NEGATIVE_INFINITY, 0.0f};
        float out[COLUMNS] = {};
        for (int split = 0; split < SPLITS; split++) {
            const float *p = part + split * (latent + 2);
            Sum more = {p[0], p[1]};
            float moreOut[COLUMNS] = {p[2 + column], p[3 + column]};
            merge(sum, out, more, moreOut);
        }
        _Pragma("unroll") for (int i = 0; i < COLUMNS; i++) {
            y[column + i] = sum.largest == NEGATIVE_INFINITY ? 0.0f : out[i] / sum.total;
        }
    }
}

/* groups: (16 for each eight heads, rows); parts: splits of each row and head; arrived: a counter for each row and eight heads */
KERNEL_OF(THREADS, 2) latent_attention_split(ATTENTION_ARGUMENTS, float *parts, int *arrived) {
    int head = GROUP_X / SPLITS * HEADS, split = GROUP_X % SPLITS;
    if (head >= heads) {
        return;
    }
    BEGIN
    for (int base = 0; base < latent; base += THREADS * COLUMNS) {
        int column = base + COLUMNS * (int)threadIdx.x;
        float out[HEADS][COLUMNS];
        run_split(
                b, out, scene, head, r, chosen, min(count, split * each), min(count, (split + 1) * each), column, table,
                SLABS_ARGUMENTS, step);
        _Pragma("unroll") for (int h = 0; h < HEADS; h++) {
            if (head + h < heads) {
                float *part = parts + (((long)r * heads + head + h) * SPLITS + split) * (latent + 2);
                if (threadIdx.x == 0) {
                    part[0] = b.sums[h].largest;
                    part[1] = b.sums[h].total;
                }
                _Pragma("unroll") for (int i = 0; i < COLUMNS; i++) {
                    if (column + i < latent) {
                        part[2 + column + i] = out[h][i];
                    }
                }
            }
        }
    }
    if (is_last_block(arrived + r * (GROUPS_X / SPLITS) + head / HEADS, SPLITS)) {
        for (int h = head; h < min(head + HEADS, heads); h++) {
            long at = (long)r * heads + h;
            combine(parts + at * SPLITS * (latent + 2), y + at * latent, latent);
        }
    }
}
