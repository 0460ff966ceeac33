/*
 * Products of up to T rows of activations with rows of a quantised matrix. Bound by reading the matrix once, so:
 * - a warp copies 1024 columns of a matrix row (264 to 1088 bytes) in 16-byte pieces to shared memory, several rows ahead of
 *   the one it computes: blocks of 18 to 210 bytes at even addresses could not be loaded in such pieces;
 * - a lane then owns one unit of 32 elements, unpacks it to int8 and multiplies it with four products an instruction;
 * - a lane's activations stay in registers for all R matrix rows that a warp computes at a time.
 * A sum's order depends on the number of columns alone: lane by lane in order of the chunks, then over the lanes in a tree.
 */
#ifndef SLUICE_GEMV_INT8_H
#define SLUICE_GEMV_INT8_H

#include "activations.h"
#if defined(WEIGHT_Q4_0) || defined(WEIGHT_Q4_1) || defined(WEIGHT_Q5_0) || defined(WEIGHT_Q5_1) || defined(WEIGHT_Q8_0) \
        || defined(WEIGHT_IQ4_NL) || defined(WEIGHT_IQ4_XS) || defined(WEIGHT_MXFP4) || defined(WEIGHT_NVFP4)
#include "units_legacy.h"
#elif defined(WEIGHT_IQ2_XXS) || defined(WEIGHT_IQ2_XS) || defined(WEIGHT_IQ2_S) || defined(WEIGHT_IQ3_XXS) \
        || defined(WEIGHT_IQ3_S) || defined(WEIGHT_IQ1_S) || defined(WEIGHT_IQ1_M)
#include "units_iq.h"
#else
#include "units_k.h"
#endif
#ifndef BLOCK_UNITS
#define BLOCK_UNITS 1
#endif
#ifndef BIAS
#define BIAS 0
#endif

#define WARPS 8
#define TILE_BYTES (UNITS / BLOCK_UNITS * BLOCK_BYTES)
/* room for a start that is no multiple of 16, and for words read behind the end */
#define TILE_ROOM ((TILE_BYTES + 15) / 16 * 16 + 32)
#define TILES (TILE_BYTES > 700 ? 3 : 4)

FN long min_long(long a, long b) {
    return a < b ? a : b;
}

template <int T>
struct Shared {
    Chunk<T> chunks[2];
    uint4 tiles[WARPS][TILES][TILE_ROOM / 16];
};

/* Copies bytes [0, n) of a matrix into a tile, in the place that their address has among 16; limit is the end of the matrix. */
FN void fetch(uint4 *tile, const uchar *from, int n, const uchar *limit) {
    const uchar *start = (const uchar *)((ulong)from & ~15ul);
    int pieces = (int)(from + n - start + 15) / 16;
    _Pragma("unroll 1") for (int i = LANE; i < pieces; i += 32) {
        copy_later16(tile + i, start + 16 * i, (int)min_long(16, limit - (start + 16 * i)));
    }
}

/* What a unit adds to the sum of one row of activations. */
FN float unit_dot(const Unit &u, const uint (&x)[8], float scale, int lowSum, int highSum, float sum) {
    int low = -BIAS * lowSum, high = -BIAS * highSum;
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        low = __dp4a((int)u.codes[i], (int)x[i], low);
        high = __dp4a((int)u.codes[4 + i], (int)x[4 + i], high);
    }
#ifdef TWO_SCALES
    float v = FMA(u.scale[0], (float)low, u.scale[1] * (float)high);
#ifdef WITH_MINIMUM
    v -= FMA(u.minimum[0], (float)lowSum, u.minimum[1] * (float)highSum);
#endif
#else
    float v = u.scale[0] * (float)(low + high);
#ifdef WITH_MINIMUM
    v = FMA(-u.minimum[0], (float)(lowSum + highSum), v);
#endif
#endif
    return FMA(v, scale, sum);
}

/*
 * acc[r][t] += the lane's share of row r with activations t, over `parts` stretches of `columns` each.
 *   matrix(part, r)      start of matrix row r
 *   input(part, t)       start of the activations
 *   factor(part, t)      what the product is multiplied with
 *   scale(part, r)       of no use here: scales beside a matrix belong to plain floats
 *   active               matrix rows this warp has, up to R
 */
template <int T, int R, class M, class X, class F, class S>
FN void products(
        Shared<T> &shared, float (&acc)[R][T], int active, int parts, int columns, const uchar *limit, const ushort *grid,
        int blockColumns, M matrix, X input, F factor, S scale) {
    int chunks = (columns + CHUNK - 1) / CHUNK, total = chunks * parts;
    uint4(*tiles)[TILE_ROOM / 16] = shared.tiles[WARP];
    /* what is copied next: a row of a chunk of a part, into a tile */
    int nextPart = 0, nextFirst = 0, nextRow = 0, nextTile = 0;
    if (active == 0) {
        nextPart = parts;
    }
    auto request = [&] {
        if (nextPart < parts) {
            int units = min(columns - nextFirst * CHUNK, CHUNK) / 32;
            fetch(tiles[nextTile], matrix(nextPart, nextRow) + (long)nextFirst * TILE_BYTES, units / BLOCK_UNITS * BLOCK_BYTES, limit);
            nextTile = nextTile + 1 < TILES ? nextTile + 1 : 0;
            if (++nextRow == active) {
                nextRow = 0;
                if (++nextFirst == chunks) {
                    nextFirst = 0;
                    nextPart++;
                }
            }
        }
        end_copies();
    };
    _Pragma("unroll 1") for (int i = 0; i < TILES - 1; i++) request();
    int part = 0, first = 0, tile = 0;
    for (int c = 0; c < total; c++) {
        Chunk<T> &chunk = shared.chunks[c & 1];
        int n = min(columns - first * CHUNK, CHUNK);
        _Pragma("unroll") for (int t = 0; t < T; t++) {
            quantise(chunk, t, input(part, t) + first * CHUNK, n, factor(part, t));
        }
        __syncthreads();
        uint x[T][8];
        float scales[T];
        int sums[T][2];
        _Pragma("unroll") for (int t = 0; t < T; t++) {
            uint4 a = chunk.codes[t][2 * LANE], b = chunk.codes[t][2 * LANE + 1];
            x[t][0] = a.x, x[t][1] = a.y, x[t][2] = a.z, x[t][3] = a.w;
            x[t][4] = b.x, x[t][5] = b.y, x[t][6] = b.z, x[t][7] = b.w;
            scales[t] = chunk.scale[t][LANE];
            sums[t][0] = chunk.sums[t][2 * LANE], sums[t][1] = chunk.sums[t][2 * LANE + 1];
        }
        /* one copy of the code for all rows: sums move up by one row each time, and are in their places after R times */
        _Pragma("unroll 1") for (int r = 0; r < R; r++) {
            if (r < active) {
                request();
                wait_for_copies<TILES - 1>();
                __syncwarp();
                if (32 * LANE < n) {
                    Unit u;
                    ulong place = (ulong)(matrix(part, r) + (long)first * TILE_BYTES) & 15;
                    unpack((const uchar *)tiles[tile] + place, LANE, grid, u);
                    _Pragma("unroll") for (int t = 0; t < T; t++) {
                        acc[0][t] = unit_dot(u, x[t], scales[t], sums[t][0], sums[t][1], acc[0][t]);
                    }
                }
                __syncwarp();
                tile = tile + 1 < TILES ? tile + 1 : 0;
            }
            _Pragma("unroll") for (int t = 0; t < T; t++) {
                float computed = acc[0][t];
                _Pragma("unroll") for (int i = 0; i + 1 < R; i++) acc[i][t] = acc[i + 1][t];
                acc[R - 1][t] = computed;
            }
        }
        if (++first == chunks) {
            first = 0;
            part++;
        }
    }
    /* the next use of the chunks must not meet a warp that still reads them */
    __syncthreads();
}

#endif
