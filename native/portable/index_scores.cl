/* Scores of the lightning indexer: sum over heads of weight * relu(query . key), times scale; minus infinity behind the row. */
#include "cache.h"
#include "sums.h"

/* groups: (pieces of the context, rows); a piece is a run of positions */
KERNEL index_scores(
        GLOBAL const float *RESTRICT query,
        GLOBAL const float *RESTRICT weights,
        GLOBAL float *RESTRICT y,
        int heads,
        int width,
        float scale,
        SLABS,
        STEP) {
    int r = GROUP_Y;
    LEAVE_ROWS_BEHIND(r, step[0]);
    int context = step[2];
    int piece = (context + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(context, (GROUP_X + 1) * piece);
    int table = page_table(r, step);
    int position = position_of(r, step);
    GLOBAL const float *q = query + (long)r * heads * width;
    for (int s = GROUP_X * piece + ITEM; s < last; s += GROUP) {
        float score = NEGATIVE_INFINITY;
        if (s <= position) {
            GLOBAL const uchar *key = stored_row(table, s, CACHE_ROW_BYTES(width, 0), SLABS_ARGUMENTS, step);
            float sum = 0.0f;
            for (int h = 0; h < heads; h++) {
                f32x16 products = splat16(0.0f);
                for (int u = 0; u < PIECES(width); u++) {
                    int m = min_int(16, width - 16 * u);
                    GLOBAL const float *from = q + h * width + 16 * u;
                    f32x16 part = m == 16 ? load_f32x16(from) : load_part_f32x16(from, m);
                    products = fma16(part, cached16(key, width, 16 * u, m), products);
                }
                float dot = sum16(products);
                sum = FMA(weights[(long)r * heads + h], dot > 0.0f ? dot : 0.0f, sum);
            }
            score = sum * scale;
        }
        y[(long)r * context + s] = score;
    }
}
