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

struct workspace {
    float acc[ROW_TILE][BLOCK_OUTS];
    union {
        struct panel32 p32[MAX_PANELS];
        struct panel256 p256[MAX_PANELS];
    };
    struct staging codes;
};
_Static_assert(sizeof(struct workspace) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

/* Calls CALL(R, P) with constants for each tile of rows and panels; a tile of rows stays cached while it meets all panels. */
#define FOR_TILES(rows, panels, CALL)                                                                                                    for (int64_t r_ = 0, n_; r_ < (rows); r_ += n_) {                                                                                        n_ = (rows) - r_ >= TILE_ROWS ? TILE_ROWS : (rows) - r_ >= 4 && TILE_ROWS > 4 ? 4 : (rows) - r_ >= 2 ? 2 : 1;                \
        for (int p_ = 0; p_ < (panels); p_ += TILE_PANELS) {                                                                                     if ((panels) - p_ >= TILE_PANELS) {                                                                                                      ROWS_OF(n_, TILE_PANELS, CALL)                                                                                                   } else {                                                                                                                                 ROWS_OF(n_, 1, CALL)                                                                                                             }                                                                                                                                }                                                                                                                                }
#if TILE_ROWS == 6
#define ROWS_OF(n, P, CALL)                                                                                                              switch (n) {                                                                                                                             case 6: CALL(6, P); break;                                                                                                           case 4: CALL(4, P); break;                                                                                                           case 2: CALL(2, P); break;                                                                                                           default: CALL(1, P); break;                                                                                                      }
#else
#define ROWS_OF(n, P, CALL)                                                                                                              if (n == 2) {                                                                                                                            CALL(2, P);                                                                                                                      } else {                                                                                                                                 CALL(1, P);                                                                                                                      }
#endif

struct tile {
    const struct sluice_matmul_args *a;
    struct workspace *ws;
    struct sluice_int8_row layout;
    const uint8_t *x; /* first row of the tile */
    int64_t rows;
    int panels;
};

#define ACC (t->ws->acc[r_] + 16 * p_)
#define XROW (t->x + r_ * t->a->x_row_bytes)

#define DEFINE_TILE32(name, sub, minima)                                                                                             \
    static void name(const struct tile *t, int64_t group, int groups) {                                                              \
        const struct panel32 *panels[MAX_PANELS + 1];                                                                                \
        for (int i = 0; i <= MAX_PANELS; i++) { panels[i] = &t->ws->p32[i % MAX_PANELS]; }                                           \
        FOR_TILES(t->rows, t->panels, CALL32_##sub##_##minima)                                                                       \
    }
#define CALL32(R, P, sub, minima)                                                                                                    \
    kernel32(R, P, sub, minima, panels + p_, XROW, t->a->x_row_bytes, &t->layout, group, groups, ACC, BLOCK_OUTS)
#define CALL32_32_0(R, P) CALL32(R, P, 32, 0)
#define CALL32_32_1(R, P) CALL32(R, P, 32, 1)
#define CALL32_16_0(R, P) CALL32(R, P, 16, 0)
DEFINE_TILE32(tile32, 32, 0)
DEFINE_TILE32(tile32_minima, 32, 1)
DEFINE_TILE32(tile16, 16, 0)

#define DEFINE_TILE256(name, sub, minima)                                                                                            \
    static void name(const struct tile *t, int64_t block) {                                                                          \
        const struct panel256 *panels[MAX_PANELS + 1];                                                                               \
        for (int i = 0; i <= MAX_PANELS; i++) { panels[i] = &t->ws->p256[i % MAX_PANELS]; }                                          \
        FOR_TILES(t->rows, t->panels, CALL256_##sub##_##minima)                                                                      \
    }
#define CALL256(R, P, sub, minima)                                                                                                   \
    kernel256(R, P, sub, minima, panels + p_, XROW, t->a->x_row_bytes, &t->layout, block, ACC, BLOCK_OUTS)
#define CALL256_32_0(R, P) CALL256(R, P, 32, 0)
#define CALL256_32_1(R, P) CALL256(R, P, 32, 1)
#define CALL256_16_0(R, P) CALL256(R, P, 16, 0)
#define CALL256_16_1(R, P) CALL256(R, P, 16, 1)
DEFINE_TILE256(tile256_32, 32, 0)
DEFINE_TILE256(tile256_32_minima, 32, 1)
DEFINE_TILE256(tile256_16, 16, 0)
DEFINE_TILE256(tile256_16_minima, 16, 1)

/* Rows [out, out + 16) as pointers; beyond the end the last row stands in and its results are dropped. */
static void row_pointers(const struct sluice_matmul_args *a, int64_t out, const uint8_t **rows) {
    for (int i = 0; i < 16; i++) {
        int64_t o = out + i < a->out_end ? out + i : a->out_end - 1;
        rows[i] = a->w + o * a->w_row_bytes;
    }
}

static void integer_block(const struct tile *t, int64_t out, int32_t family, int sub, int minima) {
    const struct sluice_matmul_args *a = t->a;
    const uint8_t *rows[MAX_PANELS][16];
    for (int p = 0; p < t->panels; p++) {
        row_pointers(a, out + 16 * p, rows[p]);
    }
    for (int64_t k = 0; k < a->columns; k += 256) {
        if (family == FAMILY_32) {
            int groups = (int)((a->columns - k < 256 ? a->columns - k : 256) / 32);
            for (int p = 0; p < t->panels; p++) {
                fill_panel32(a->type, rows[p], k / 32, groups, &t->ws->codes, &t->ws->p32[p]);
            }
            (sub == 16 ? tile16 : minima ? tile32_minima : tile32)(t, k / 32, groups);
        } else {
            for (int p = 0; p < t->panels; p++) {
                fill_panel256(a->type, rows[p], k / 256, &t->ws->codes, &t->ws->p256[p]);
            }
            (sub == 16 ? minima ? tile256_16_minima : tile256_16 : minima ? tile256_32_minima : tile256_32)(t, k / 256);
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
            integer_block(&t, out, f.family, f.sub, f.minima);
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
