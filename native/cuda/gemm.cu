/*
 * matmul.cl and experts.cl for many rows of activations, on tensor cores. Activations come as bfloat16 (rounding.cu). For
 * experts, the rows that chose the same one are multiplied together: rounding.cu makes the lists.
 */
#include "gemm_tile.h"

#include "../portable/outputs.h"

#define BF16_ROWS const ushort *__restrict__ x

/*
 * gated: y0 = silu(gate . x) * (up . x), the matrix holding the rows of gate, then those of up. Otherwise as matmul_many. rows:
 * results of a row. Groups: (tiles of 128 results, 64 where they are gated, tiles of 128 rows of activations).
 */
KERNEL_OF(GEMM_THREADS, 2) gemm(
        MATRIX_ARGUMENTS, BF16_ROWS, OUTPUTS, const float *first, const float *second, int adds, int columns, long rowBytes,
        int rows, int gated, int symbol, STEP) {
    DYNAMIC_SHARED(Memory, memory);
    int count = extent(symbol, step), token = GROUP_Y * TILE_ROWS;
    if (token >= count) {
        return;
    }
    int base = GROUP_X * results_of(gated), all = gated ? 2 * rows : rows;
    multiply(
            memory, columns, weight + all * rowBytes, grid, blockColumns,
            [&](int i) { return x + (long)min(token + i, count - 1) * columns; },
            [&](int r) { return weight + stored_row(r, base, rows, gated) * rowBytes; },
            [&](int r) {
                return gated ? SCALES_OF_BLOCK_ROW(SCALE_BLOCK_OF(r)) : SCALES_OF_MATRIX_ROW(stored_row(r, base, rows, gated));
            });
    int results = results_of(gated), tokens = min(count - token, TILE_ROWS);
    for (int i = (int)threadIdx.x; i < tokens * results; i += GEMM_THREADS) {
        int t = i / results, r = i % results, o = base + r;
        long at = token + t;
        if (o >= rows) {
            continue;
        }
        if (gated) {
            y0[at * rows + o] = GATED_SUM(t, r);
        } else {
            float sum = SUM_AT(t, r);
            sum = adds > 0 ? first[at * rows + o] + sum : sum;
            sum = adds > 1 ? second[at * rows + o] + sum : sum;
            *place(at, o, rows, OUTPUTS_PASSED) = sum;
        }
    }
}

/*
 * One product for each choice of a row, choices being numbered row * k + i:
 *   mode 0: y[choice] = silu(gate . x) * (up . x), the bank holding gate and up of each expert
 *   mode 1: y[choice] = w . x
 *   mode 2: y[choice] = silu(w . x) * y[choice]
 *   mode 3: y[choice] = choiceWeights[choice] * (w . x[choice])
 * with x of the choice's row but in mode 3. tiles and order as rounding.cu makes them; rows: results of an expert. Groups: (tiles
 * of results, as many as there can be tiles of choices).
 */
KERNEL_OF(GEMM_THREADS, 2) expert_gemm(
        MATRIX_ARGUMENTS, BF16_ROWS, const int *__restrict__ tileTable, const int *__restrict__ order,
        const float *__restrict__ choiceWeights, float *y, int mode, int columns, long rowBytes, int rows, int k) {
    DYNAMIC_SHARED(Memory, memory);
    if (GROUP_Y >= tileTable[0]) {
        return;
    }
    int expert = tileTable[1 + 3 * GROUP_Y], begin = tileTable[2 + 3 * GROUP_Y], count = tileTable[3 + 3 * GROUP_Y];
    int gated = mode == 0, base = GROUP_X * results_of(gated), all = gated ? 2 * rows : rows;
    const uchar *bank = weight + (long)expert * all * rowBytes;
    multiply(
            memory, columns, bank + all * rowBytes, grid, blockColumns,
            [&](int i) {
                int choice = order[begin + min(i, count - 1)];
                return x + (long)(mode == 3 ? choice : choice / k) * columns;
            },
            [&](int r) { return bank + stored_row(r, base, rows, gated) * rowBytes; },
            [&](int r) { return SCALES_OF_BLOCK_ROW(expert * (1 + gated) * SCALE_BLOCKS(rows) + SCALE_BLOCK_OF(r)); });
    int results = results_of(gated);
    for (int i = (int)threadIdx.x; i < count * results; i += GEMM_THREADS) {
        int t = i / results, r = i % results;
        if (base + r >= rows) {
            continue;
        }
        long choice = order[begin + t];
        float *out = y + choice * rows + base + r;
        if (gated) {
            *out = GATED_SUM(t, r);
        } else {
            float sum = SUM_AT(t, r);
            *out = mode == 1 ? sum : mode == 2 ? silu(sum) * *out : choiceWeights[choice] * sum;
        }
    }
}
