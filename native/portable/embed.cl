/* Rows of the embedding table, widened. One work group a row. */
#include "step.h"
#include "weight.h"

KERNEL embed(
        WEIGHT_ARGUMENTS, GLOBAL const int *RESTRICT tokens, GLOBAL float *RESTRICT y, int columns, long rowBytes,
        int vocabulary, int symbol, STEP) {
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    long token = tokens[r] < 0 ? 0 : tokens[r] >= vocabulary ? vocabulary - 1 : tokens[r];
    GLOBAL const float *rowScales = SCALES_OF(token, columns);
    GLOBAL float *out = y + (long)r * columns;
    for (int p = ITEM; p < PIECES(columns); p += GROUP) {
        f32x16 w = weight16(weight + token * rowBytes, p, columns, grid, rowScales, blockColumns);
        if (16 * p + 16 <= columns) {
            store_f32x16(out + 16 * p, w);
        } else {
            store_part_f32x16(out + 16 * p, w, columns - 16 * p);
        }
    }
}
