/*
 * Products of 128 rows of activations with 128 rows of a matrix on tensor cores, 32 columns at a time, by four warps that each
 * take 64 by 64. Activations are bfloat16 already; weights are decoded to it. Sums are float32, in the order of the columns: a
 * row's bits do not depend on the number of rows.
 *
 * While a step of 32 columns is multiplied, activations of the two steps behind it and raw weights of the next units are on their
 * way; the unit of the next step is decoded. Two blocks share a multiprocessor, so that one decodes while the other multiplies.
 */
#ifndef SLUICE_GEMM_TILE_H
#define SLUICE_GEMM_TILE_H

#include "gemm_weights.h"

#define GEMM_THREADS 128
/* what a launch passes: two blocks of it fit on the multiprocessors that have most */
#define GEMM_SHARED 114688

/* floats from one activation's sums to the next one's: eight of them start in different banks */
#define SUMS_STRIDE (TILE_ROWS + 8)
#define SUM_AT(activation, row) memory.sums[(activation) * SUMS_STRIDE + (row)]

struct Tiles {
    uint4 activations[3][TILE_ROWS * 4];
#ifdef DIRECT
    uint4 weights[3][TILE_ROWS * 4];
#else
    uint4 weights[2][TILE_ROWS * 4];
    uint4 raw[2][TILE_ROWS * RAW_PIECES];
#endif
};
union Memory {
    Tiles tiles;
    float sums[TILE_ROWS * SUMS_STRIDE];
};
static_assert(sizeof(Memory) <= GEMM_SHARED, "more shared memory than a launch passes");

FN int fetched_row(int i) {
    return (int)threadIdx.x / 4 + 32 * i;
}

/* Where piece p of 16 bytes of a row of 64 lies, so that eight rows are read from different banks. */
FN int piece_of(int row, int p) {
    return 4 * row + (p ^ (row >> 1 & 3));
}

/* A thread copies one piece of four rows of 64 bytes, 32 rows apart; row(i) is where row i of them begins. */
template <class Row>
FN void fetch_step(uint4 *to, int step, Row row) {
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        int p = (int)threadIdx.x % 4;
        copy_later16(to + piece_of(fetched_row(i), p), (const uchar *)row(i) + 64l * step + 16 * p, 16);
    }
}

/*
 * Multiplies, and leaves the sums in shared memory, where SUM_AT finds those of an activation and a row.
 *   activation(i)   start of row i of the activations
 *   matrix(r)       start of row r of the weights; limit is where its matrix ends
 *   scale(r)        scales of row r, for blockColumns each
 */
template <class X, class M, class S>
FN void multiply(
        Memory &memory, int columns, const uchar *limit, const ushort *grid, int blockColumns, X activation, M matrix, S scale) {
    Tiles &tiles = memory.tiles;
    int steps = columns / 32;
    int tokenBase = 64 * (WARP >> 1), rowBase = 64 * (WARP & 1);
    const ushort *own[4];
    _Pragma("unroll") for (int i = 0; i < 4; i++) own[i] = activation(fetched_row(i));
    auto fetch = [&](int step) {
        if (step < steps) {
            fetch_step(tiles.activations[step % 3], step, [&](int i) { return own[i]; });
#ifdef DIRECT
            fetch_step(tiles.weights[step % 3], step, [&](int i) { return matrix(fetched_row(i)); });
#endif
        }
    };
#ifdef DIRECT
#define WEIGHTS_OF(step) tiles.weights[(step) % 3]
#else
#define WEIGHTS_OF(step) tiles.weights[(step) & 1]
    auto fetch_raw = [&](int chunk) {
        int units = min(steps - chunk * RAW_UNITS, RAW_UNITS);
#ifdef ELEMENT_BYTES
        int bytes = units * 32 * ELEMENT_BYTES;
#else
        int bytes = units / BLOCK_UNITS * BLOCK_BYTES;
#endif
        _Pragma("unroll 1") for (int i = (int)threadIdx.x; i < TILE_ROWS * RAW_PIECES; i += GEMM_THREADS) {
            const uchar *row = matrix(i / RAW_PIECES) + (long)chunk * RAW_BYTES;
            const uchar *from = (const uchar *)((ulong)row & ~15ul) + 16 * (i % RAW_PIECES);
            if (from < row + bytes) {
                copy_later16(tiles.raw[chunk & 1] + i, from, limit - from < 16 ? (int)(limit - from) : 16);
            }
        }
    };
    auto decode = [&](int step) {
        int r = (int)threadIdx.x, chunk = step / RAW_UNITS;
        ulong place = (ulong)(matrix(r) + (long)chunk * RAW_BYTES) & 15;
#ifdef SCALED
        float factor = scale(r)[32 * step / blockColumns];
#else
        float factor = 1.0f;
#endif
        uint w[16];
        decode_unit((const uchar *)(tiles.raw[chunk & 1] + r * RAW_PIECES) + place, step % RAW_UNITS, grid, factor, w);
        _Pragma("unroll") for (int p = 0; p < 4; p++) {
            WEIGHTS_OF(step)[piece_of(r, p)] = make_uint4(w[4 * p], w[4 * p + 1], w[4 * p + 2], w[4 * p + 3]);
        }
    };
    fetch_raw(0);
#endif
    float sums[4][8][4] = {};
    fetch(0);
    end_copies();
    end_copies(); /* an empty set: each step waits for all but the newest */
    /* the step before the first only decodes */
    _Pragma("unroll 1") for (int step = -1; step < steps; step++) {
        wait_for_copies<1>();
        __syncthreads();
        fetch(step + 2);
#ifndef DIRECT
        if ((step + 1) % RAW_UNITS == 0) {
            fetch_raw((step + 1) / RAW_UNITS + 1);
        }
#endif
        end_copies();
#ifndef DIRECT
        if (step + 1 < steps) {
            decode(step + 1);
        }
#endif
        if (step < 0) {
            continue;
        }
        const uint4 *x = tiles.activations[step % 3], *w = WEIGHTS_OF(step);
        _Pragma("unroll") for (int half = 0; half < 2; half++) {
            uint a[4][4];
            _Pragma("unroll") for (int i = 0; i < 4; i++) {
                load_matrices(a[i], x + piece_of(tokenBase + 16 * i + (LANE & 15), 2 * half + (LANE >> 4)));
            }
            _Pragma("unroll") for (int j = 0; j < 8; j += 2) {
                uint b[4];
                load_matrices(b, w + piece_of(rowBase + 8 * j + (LANE & 7) + (LANE >> 4) * 8, 2 * half + (LANE >> 3 & 1)));
                _Pragma("unroll") for (int i = 0; i < 4; i++) {
                    multiply_add(sums[i][j], a[i], b[0], b[1]);
                    multiply_add(sums[i][j + 1], a[i], b[2], b[3]);
                }
            }
        }
    }
    wait_for_copies<0>();
    __syncthreads();
    float2 *to = (float2 *)(memory.sums + (tokenBase + LANE / 4) * SUMS_STRIDE + rowBase + 2 * (LANE % 4));
    _Pragma("unroll") for (int i = 0; i < 4; i++) {
        _Pragma("unroll") for (int j = 0; j < 8; j++) {
            to[(16 * i * SUMS_STRIDE + 8 * j) / 2] = make_float2(sums[i][j][0], sums[i][j][1]);
            to[((16 * i + 8) * SUMS_STRIDE + 8 * j) / 2] = make_float2(sums[i][j][2], sums[i][j][3]);
        }
    }
    __syncthreads();
}

/*
 * Gate and up share a tile of 64 results: eight rows of gate, then the same eight of up. Which of the two a row of the tile is, of
 * which result, and the row of a result's gate.
 */
FN int is_up(int r) {
    return r >> 3 & 1;
}
FN int gated_result(int r) {
    return (r >> 4) * 8 + (r & 7);
}
FN int gate_of(int result) {
    return (result >> 3) * 16 + (result & 7);
}

/* Results of a block for each activation. */
FN int results_of(int gated) {
    return gated ? TILE_ROWS / 2 : TILE_ROWS;
}
/* Which of the stored rows is row r of the tile, where gate and up have `rows` each; a row beyond the last is the last one. */
FN int stored_row(int r, int base, int rows, int gated) {
    return gated ? is_up(r) * rows + min(base + gated_result(r), rows - 1) : min(base + r, rows - 1);
}
/* Row of scale blocks of row r of the tile; up starts a new one. */
#define SCALE_BLOCK_OF(r) \
    ((gated && is_up(r)) * SCALE_BLOCKS(rows) + SCALE_BLOCK(stored_row(r, base, rows, gated) - (gated && is_up(r)) * rows))
/* Result r of an activation: what two rows give together, or one. */
#define GATED_SUM(activation, r) silu(SUM_AT(activation, gate_of(r))) * SUM_AT(activation, gate_of(r) + 8)

#endif
