/*
 * Matrix products of prepared rows with weights of any format. Outputs go in blocks of up to 64 weight rows; of each block a chunk of
 * columns is unpacked into panels and multiplied with a tile of activation rows before the next chunk is read, so that weights are
 * read once, in order, per tile.
 */
#include "gemv.h"
#include "kernel_int8.h"
#include "matmul_float.h"

/* Rows whose sums wait in scratch while a block of outputs is walked through. */
#define ROW_TILE 256
#define MAX_PANELS 4
#define BLOCK_OUTS (16 * MAX_PANELS)
#define CHUNK 256 /* columns that are unpacked at once */

struct workspace {
    float acc[ROW_TILE][BLOCK_OUTS];
    union {
        struct panel32 p32[MAX_PANELS];
        struct panel256 p256[MAX_PANELS];
    };
    struct staging codes;
};
_Static_assert(sizeof(struct workspace) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

/* Weights that are wanted next: the same bytes of many rows, asked for a few rows at a time while the processor computes. */
struct fetch {
    const uint8_t *rows[BLOCK_OUTS];
    int64_t bytes;
    int64_t behind; /* bytes before these of which the last line may be there already: LINE - 1 within a row, 0 at its beginning */
    int done, end, step;
};

struct tile {
    const struct sluice_matmul_args *a;
    struct workspace *ws;
    struct sluice_int8_row layout;
    const uint8_t *x; /* first row of the tile */
    int64_t rows;
    int panels;
    struct fetch fetch;
};

#define LINE 64

static void fetch_some(struct fetch *f) {
    for (int i = 0; i < f->step && f->done < f->end; i++, f->done++) {
        const uintptr_t row = (uintptr_t)f->rows[f->done], end = row + (uintptr_t)f->bytes;
        for (uintptr_t at = (row + (uintptr_t)f->behind) & ~(uintptr_t)(LINE - 1); at < end; at += LINE) {
            __builtin_prefetch((const void *)at);
        }
    }
}

/* A tile of rows stays cached while it meets all panels. */
#define DEFINE_TILE(name, TILE)                                                                                                      \
    static void name(struct tile *t, int64_t at, int groups) {                                                                       \
        (void)groups;                                                                                                                \
        for (int64_t r = 0, n; r < t->rows; r += n) {                                                                                \
            n = tile_rows(t->rows - r);                                                                                              \
            for (int p = 0; p < t->panels; p += TILE_PANELS) {                                                                       \
                const int pair = t->panels - p >= TILE_PANELS;                                                                       \
                FOR_ROWS_OF_TILE(TILE)                                                                                               \
                fetch_some(&t->fetch);                                                                                               \
            }                                                                                                                        \
        }                                                                                                                            \
    }
#define TILE_OF(R, TILE)                                                                                                             \
    if (n == R) {                                                                                                                    \
        if (pair) {                                                                                                                  \
            TILE(R, TILE_PANELS);                                                                                                    \
        } else {                                                                                                                     \
            TILE(R, 1);                                                                                                              \
        }                                                                                                                            \
    }
#if TILE_ROWS == 6
#define FOR_ROWS_OF_TILE(TILE) TILE_OF(6, TILE) TILE_OF(4, TILE) TILE_OF(2, TILE) TILE_OF(1, TILE)
#else
#define FOR_ROWS_OF_TILE(TILE) TILE_OF(2, TILE) TILE_OF(1, TILE)
#endif

static int64_t tile_rows(int64_t left) {
    return left >= TILE_ROWS ? TILE_ROWS : left >= 4 && TILE_ROWS > 4 ? 4 : left >= 2 ? 2 : 1;
}

#define KERNEL32(R, P, sub, minima)                                                                                                  \
    const struct panel32 *panels[TILE_PANELS + 1] = {&t->ws->p32[p], &t->ws->p32[p + P - 1]};                                        \
    kernel32(                                                                                                                        \
            R, P, sub, minima, panels, t->x + r * t->a->x_row_bytes, t->a->x_row_bytes, &t->layout, at, groups,                      \
            t->ws->acc[r] + 16 * p, BLOCK_OUTS)
#define KERNEL32_32(R, P) KERNEL32(R, P, 32, 0)
#define KERNEL32_32_MINIMA(R, P) KERNEL32(R, P, 32, 1)
#define KERNEL32_16(R, P) KERNEL32(R, P, 16, 0)
DEFINE_TILE(tile32, KERNEL32_32)
DEFINE_TILE(tile32_minima, KERNEL32_32_MINIMA)
DEFINE_TILE(tile16, KERNEL32_16)

#define KERNEL256(R, P, sub, minima)                                                                                                 \
    const struct panel256 *panels[TILE_PANELS + 1] = {&t->ws->p256[p], &t->ws->p256[p + P - 1]};                                     \
    kernel256(                                                                                                                       \
            R, P, sub, minima, panels, t->x + r * t->a->x_row_bytes, t->a->x_row_bytes, &t->layout, at, t->ws->acc[r] + 16 * p,      \
            BLOCK_OUTS)
#define KERNEL256_32(R, P) KERNEL256(R, P, 32, 0)
#define KERNEL256_32_MINIMA(R, P) KERNEL256(R, P, 32, 1)
#define KERNEL256_16(R, P) KERNEL256(R, P, 16, 0)
#define KERNEL256_16_MINIMA(R, P) KERNEL256(R, P, 16, 1)
DEFINE_TILE(tile256_32, KERNEL256_32)
DEFINE_TILE(tile256_32_minima, KERNEL256_32_MINIMA)
DEFINE_TILE(tile256_16, KERNEL256_16)
DEFINE_TILE(tile256_16_minima, KERNEL256_16_MINIMA)

/* Rows [out, out + 16) as pointers. */
static void row_pointers(const struct sluice_matmul_args *a, int64_t out, const uint8_t **rows) {
    for (int i = 0; i < 16; i++) {
        rows[i] = sluice_weight_row(a, out + i);
    }
}

/* What is unpacked after the chunk at column k of the outputs from `out` on. */
static void plan_fetch(struct tile *t, int64_t out, int64_t k, struct sluice_format f) {
    const struct sluice_matmul_args *a = t->a;
    const int64_t after = k + CHUNK;
    const int last = after >= a->columns;
    const int64_t begin = last ? out + 16 * t->panels : out, at = last ? 0 : after / f.block * f.bytes;
    const int64_t columns = a->columns - (last ? 0 : after) < CHUNK ? a->columns - (last ? 0 : after) : CHUNK;
    struct fetch *n = &t->fetch;
    n->done = 0;
    n->end = begin < a->out_end ? 16 * t->panels : 0;
    for (int i = 0; i < n->end; i++) {
        n->rows[i] = sluice_weight_row(a, begin + i) + at;
    }
    n->bytes = (columns + f.block - 1) / f.block * f.bytes;
    n->behind = last ? 0 : LINE - 1;
    /* Done some time before the last tile, so that the last of them have come. */
    const int64_t tiles = (t->rows + TILE_ROWS - 1) / TILE_ROWS * ((t->panels + TILE_PANELS - 1) / TILE_PANELS);
    n->step = (int)(n->end / (tiles * 3 / 4 + 1)) + 1;
}

static void integer_block(struct tile *t, int64_t out, struct sluice_format f) {
    const struct sluice_matmul_args *a = t->a;
    const uint8_t *rows[MAX_PANELS][16];
    for (int p = 0; p < t->panels; p++) {
        row_pointers(a, out + 16 * p, rows[p]);
    }
    for (int64_t k = 0; k < a->columns; k += CHUNK) {
        plan_fetch(t, out, k, f);
        if (f.family == FAMILY_32) {
            int groups = (int)((a->columns - k < CHUNK ? a->columns - k : CHUNK) / 32);
            for (int p = 0; p < t->panels; p++) {
                fill_panel32(a->type, rows[p], k / 32, groups, &t->ws->codes, &t->ws->p32[p]);
            }
            (f.sub == 16 ? tile16 : f.minima ? tile32_minima : tile32)(t, k / 32, groups);
        } else {
            for (int p = 0; p < t->panels; p++) {
                fill_panel256(a->type, rows[p], k / 256, &t->ws->codes, &t->ws->p256[p]);
            }
            (f.sub == 16 ? f.minima ? tile256_16_minima : tile256_16 : f.minima ? tile256_32_minima : tile256_32)(t, k / 256, 1);
        }
    }
}

int32_t NAME(kind)(int32_t type, int32_t mode) {
    struct sluice_format f = sluice_format_of(type);
    if (f.family == FAMILY_NONE) {
        return -1;
    }
#if defined(__AVX512BF16__)
    if (mode == SLUICE_FAST && (type == SLUICE_BF16 || type == SLUICE_F8_E4M3)) {
        return SLUICE_KIND_BF16;
    }
#endif
    if (mode == SLUICE_EXACT || f.family == FAMILY_FLOAT) {
        return SLUICE_KIND_F32;
    }
    return f.family == FAMILY_32 ? SLUICE_KIND_INT8_32 : SLUICE_KIND_INT8_256;
}

static void matmul_int8(const struct sluice_matmul_args *a, int32_t kind, struct sluice_format f) {
    struct tile t = {.a = a, .ws = (struct workspace *)a->scratch, .layout = sluice_int8_layout(kind, a->columns)};
    /* A few rows take fewer weight rows at once: less to unpack before the first product, fewer streams from memory. */
    const int most = a->rows < 16 ? TILE_PANELS : MAX_PANELS;
    for (int64_t row = 0; row < a->rows; row += ROW_TILE) {
        t.rows = a->rows - row < ROW_TILE ? a->rows - row : ROW_TILE;
        t.x = a->x + row * a->x_row_bytes;
        for (int64_t out = a->out_begin; out < a->out_end; out += 16 * t.panels) {
            int64_t left = (a->out_end - out + 15) / 16;
            t.panels = left < most ? (int)left : most;
            for (int64_t r = 0; r < t.rows; r++) {
                memset(t.ws->acc[r], 0, (size_t)t.panels * 64);
            }
            integer_block(&t, out, f);
            int64_t n = a->out_end - out < 16 * t.panels ? a->out_end - out : 16 * t.panels;
            for (int64_t r = 0; r < t.rows; r++) {
                memcpy(a->y + (row + r) * a->y_stride + out, t.ws->acc[r], (size_t)n * 4);
            }
        }
    }
}

void NAME(matmul)(const struct sluice_matmul_args *a) {
    const struct sluice_format f = sluice_format_of(a->type);
    const int32_t kind = NAME(kind)(a->type, a->mode);
    if (f.family == FAMILY_NONE || a->out_begin >= a->out_end) {
        return;
    }
    if (kind == SLUICE_KIND_F32 || kind == SLUICE_KIND_BF16) {
        matmul_float(a, kind, f.family == FAMILY_FLOAT ? a->scales : 0);
    } else if (!gemv(a, kind)) {
        matmul_int8(a, kind, f);
    }
    if (f.family != FAMILY_FLOAT && a->scales) {
        /* Scales of block formats cover whole rows. */
        for (int64_t r = 0; r < a->rows; r++) {
            for (int64_t o = a->out_begin; o < a->out_end; o++) {
                a->y[r * a->y_stride + o] *= scale_at(a->scales, o, 0);
            }
        }
    }
}

void NAME(dequantise)(int32_t type, const uint8_t *blocks, int64_t count, float *dst) {
    if (sluice_format_of(type).family != FAMILY_NONE) {
        floats_of_row(type, blocks, 0, count, dst);
    }
}
