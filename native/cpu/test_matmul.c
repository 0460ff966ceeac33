/* Matrix products against double precision, and that a result depends on nothing but its row and its weights. */
#include "test.h"

struct problem {
    int32_t type, mode, kind;
    int64_t outs, columns, rows, row_bytes, x_bytes;
    uint8_t *w, *x, *scratch;
    float *input;
    const struct sluice_scales *scales;
};

static double weight(const struct problem *p, int64_t o, int64_t k) {
    const struct sluice_format f = sluice_format_of(p->type);
    double v = formula(p->type, p->w + o * p->row_bytes + k / f.block * f.bytes, (int)(k % f.block));
    const struct sluice_scales *s = p->scales;
    return s ? v * s->values[(s->first_row + o) / s->block_rows * s->row_length + k / s->block_columns] : v;
}

/* Error of a sum in units of the sum of magnitudes: rounding of activations, then of additions. */
static double bound(const struct problem *p, double magnitude, double largest, double weights) {
    switch (p->kind) {
        case SLUICE_KIND_F32: return 3e-6 * magnitude;
        case SLUICE_KIND_BF16: return 4e-3 * magnitude;
        /* Half a step of 1/127 of the largest activation per weight, at worst; rounding errors mostly cancel. */
        default: return 0.5 / 127 * largest * weights + 3e-6 * magnitude;
    }
}

static void product(const struct problem *p, int64_t first, int64_t rows, int64_t begin, int64_t end, float *y) {
    sluice_matmul(
            p->type, p->mode, p->w, p->row_bytes, p->scales, p->x + first * p->x_bytes, rows, p->columns, y + first * p->outs, p->outs, begin, end,
            p->scratch);
}

static void check(struct problem *p, const char *name) {
    const int64_t n = p->rows * p->outs;
    float *y = malloc((size_t)n * 4), *z = malloc((size_t)n * 4);
    for (int64_t i = 0; i < n; i++) {
        y[i] = z[i] = 12345;
    }
    product(p, 0, p->rows, 0, p->outs, y);
    double *w = malloc((size_t)p->columns * 8);
    for (int64_t o = 0; o < p->outs; o++) {
        for (int64_t k = 0; k < p->columns; k++) {
            w[k] = weight(p, o, k);
        }
        for (int64_t r = 0; r < p->rows; r++) {
            double want = 0, magnitude = 0, weights = 0, largest = 0;
            for (int64_t k = 0; k < p->columns; k++) {
                double x = p->input[r * p->columns + k];
                want += x * w[k];
                magnitude += fabs(x * w[k]);
                weights += fabs(w[k]);
                largest = fmax(largest, fabs(x));
            }
            double got = y[r * p->outs + o];
            CHECK(fabs(got - want) <= bound(p, magnitude, largest, weights) + 1e-30,
                  "%s mode %d %lldx%lld, row %lld of %lld, output %lld: %.9g, not %.9g", name, p->mode, (long long)p->outs,
                  (long long)p->columns, (long long)r, (long long)p->rows, (long long)o, got, want);
        }
    }
    free(w);
    /* Any split of rows and of outputs gives the same bits. */
    for (int64_t first = 0, rows = 1; first < p->rows; first += rows, rows = 1 + (int64_t)(random_bits(&seed) % 9)) {
        rows = rows < p->rows - first ? rows : p->rows - first;
        for (int64_t begin = 0, count; begin < p->outs; begin += count) {
            count = 1 + (int64_t)(random_bits(&seed) % 40);
            count = count < p->outs - begin ? count : p->outs - begin;
            product(p, first, rows, begin, begin + count, z);
        }
    }
    CHECK(!memcmp(y, z, (size_t)n * 4), "%s mode %d %lldx%lld, %lld rows: parts differ from the whole", name, p->mode, (long long)p->outs,
          (long long)p->columns, (long long)p->rows);
    free(y);
    free(z);
}

/* Some weight rows, transposed, against double precision; rows one by one give the same bits. */
static void check_transposed(const struct problem *p, const char *name) {
    const int64_t begin = p->outs / 3, count = p->outs - begin - p->outs / 5, n = p->rows * p->columns;
    float *x = random_floats(p->rows * count), *y = malloc((size_t)n * 4), *z = malloc((size_t)n * 4);
    sluice_matmul_transposed(
            p->type, p->w, p->row_bytes, p->scales, x, count, p->rows, begin, count, p->columns, y, p->columns, p->scratch);
    for (int64_t r = 0; r < p->rows; r++) {
        sluice_matmul_transposed(
                p->type, p->w, p->row_bytes, p->scales, x + r * count, count, 1, begin, count, p->columns, z + r * p->columns, p->columns,
                p->scratch);
        for (int64_t k = 0; k < p->columns; k++) {
            double want = 0, magnitude = 0;
            for (int64_t o = 0; o < count; o++) {
                double v = x[r * count + o] * weight(p, begin + o, k);
                want += v;
                magnitude += fabs(v);
            }
            CHECK(fabs(y[r * p->columns + k] - want) <= 3e-6 * magnitude + 1e-30, "%s transposed %lldx%lld, row %lld, column %lld: %.9g, not %.9g",
                  name, (long long)count, (long long)p->columns, (long long)r, (long long)k, y[r * p->columns + k], want);
        }
    }
    CHECK(!memcmp(y, z, (size_t)n * 4), "%s transposed: rows together differ from rows one by one", name);
    free(x);
    free(y);
    free(z);
}

static void one(int32_t type, const char *name, int64_t outs, int64_t columns, int64_t rows, const struct sluice_scales *scales) {
    const struct sluice_format f = sluice_format_of(type);
    struct problem p = {.type = type, .outs = outs, .columns = columns, .rows = rows, .scales = scales};
    p.row_bytes = columns / f.block * f.bytes;
    /* Weights end where memory does, which also leaves them unaligned. */
    const size_t bytes = (size_t)(outs * p.row_bytes);
    p.w = guarded(bytes, 0);
    for (int64_t i = 0; i < outs * columns / f.block; i++) {
        random_block(type, p.w + i * f.bytes, &seed);
    }
    p.input = random_floats(rows * columns);
    if (rows > 2) {
        memset(p.input + 2 * columns, 0, (size_t)columns * 4);
    }
    p.scratch = guarded((size_t)sluice_scratch_bytes(), 0);
    check_transposed(&p, name);
    for (p.mode = SLUICE_EXACT; p.mode <= SLUICE_FAST; p.mode++) {
        p.kind = sluice_activation_kind(type, p.mode);
        p.x_bytes = sluice_activation_bytes(p.kind, columns);
        const size_t x_size = (size_t)(rows * p.x_bytes);
        p.x = guarded(x_size, 0);
        sluice_prepare_rows(p.kind, p.input, columns, rows, columns, p.x);
        check(&p, name);
        guarded_free(p.x, x_size, 0);
    }
    guarded_free(p.scratch, (size_t)sluice_scratch_bytes(), 0);
    guarded_free(p.w, bytes, 0);
    free(p.input);
}

static void test_scales(void) {
    static const int32_t types[] = {SLUICE_F8_E4M3, SLUICE_BF16, SLUICE_F16, SLUICE_F32};
    static const int blocks[][2] = {{128, 128}, {7, 33}, {64, 20}, {1, 300}, {16, 1}};
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < 5; i++) {
            const int64_t outs = 45, columns = 301, first = 100, columns_of = (columns + blocks[i][1] - 1) / blocks[i][1];
            float *values = random_floats((outs + first) / blocks[i][0] * columns_of + columns_of);
            struct sluice_scales s = {values, blocks[i][0], blocks[i][1], columns_of, first};
            one(types[t], "scaled", outs, columns, t == 0 ? 9 : 3, &s);
            free(values);
        }
    }
    float factor = 0.37f;
    struct sluice_scales whole = {&factor, 1000, 1000, 1, 0};
    one(SLUICE_NVFP4, "NVFP4 with a scale", 17, 256, 3, &whole);
}

/* Widths around every stretch, vector and scale: what is left over at the end of a row must count, and nothing behind it. */
static void test_ragged(void) {
    static const int32_t types[] = {SLUICE_F8_E4M3, SLUICE_BF16};
    for (int t = 0; t < 2; t++) {
        for (int64_t columns = 1; columns <= 260; columns += brief ? 37 : columns % 32 < 2 || columns % 32 > 29 ? 1 : 7) {
            const int64_t columns_of = (columns + 127) / 128;
            float *values = random_floats(3 * columns_of);
            struct sluice_scales s = {values, 128, 128, columns_of, 120};
            one(types[t], "ragged", 19, columns, 1, &s);
            one(types[t], "ragged", 19, columns, 7, &s);
            free(values);
        }
    }
}

void test_matmul(void) {
    for (int t = 0; t < SLUICE_TYPES; t++) {
        const int32_t type = sluice_type_names[t].type;
        const char *name = sluice_type_names[t].name;
        const struct sluice_format f = sluice_format_of(type);
        const int unit = f.family == FAMILY_FLOAT ? 1 : f.block;
        one(type, name, 1, unit, 1, 0);
        one(type, name, 19, unit == 1 ? 97 : unit * (unit < 256 ? 5 : 1), 5, 0);
        one(type, name, 37, unit == 1 ? 130 : unit * (unit < 256 ? 9 : 2), brief ? 3 : 11, 0);
        if (!brief) {
            one(type, name, 75, unit == 1 ? 2100 : 1280 / unit * unit, 29, 0);
            one(type, name, 16, 512, 300, 0);
        }
    }
    test_scales();
    test_ragged();
    /* A value that is no number shows in its own row only. */
    for (int mode = 0; mode < 2; mode++) {
        uint8_t w[3 * 272];
        for (int i = 0; i < 24; i++) {
            random_block(SLUICE_Q8_0, w + 34 * i, &seed);
        }
        float *x = random_floats(2 * 256), y[6];
        x[77] = NAN;
        int32_t kind = sluice_activation_kind(SLUICE_Q8_0, mode);
        uint8_t *prepared = aligned(2 * sluice_activation_bytes(kind, 256)), *scratch = aligned(sluice_scratch_bytes());
        sluice_prepare_rows(kind, x, 256, 2, 256, prepared);
        sluice_matmul(SLUICE_Q8_0, mode, w, 272, 0, prepared, 2, 256, y, 3, 0, 3, scratch);
        for (int i = 0; i < 3; i++) {
            CHECK(isnan(y[i]) && !isnan(y[3 + i]), "NaN in row 0 gives %g and %g", y[i], y[3 + i]);
        }
        free(x);
        free(prepared);
        free(scratch);
    }
}
