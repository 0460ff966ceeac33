/* The products of tensor cores, of all types, against dot products in double. */
#include "tests.h"

using namespace test;

namespace {

constexpr size_t gemm_shared = 114688;
constexpr unsigned gemm_threads = 128;

unsigned tiles_of(int n, int each) {
    return (unsigned)((n + each - 1) / each);
}

/* Rows as bfloat16, by the kernel that rounds them. */
struct Rounded {
    Device<uint16_t> x;
    Rounded(float *from, int rows, int columns, int times) : x((size_t)rows * times * columns) {
        int step[] = {rows, rows, 0, 4};
        launch("rounding", "round_rows", {2, (unsigned)rows + 1, 1}, {256, 1, 1}, from, (uint16_t *)x.p, columns, times, -1,
               (int *)step);
    }
};

/*
 * A product where both sides are rounded to bfloat16, and how far it may be off. Ternary weights of a block are all of one size, so their
 * roundings do not even out.
 */
double rounded_dot(const Matrix &m, int o, const float *x, double &error) {
    double sum = 0, squares = 0, magnitude = 0, block = 0, blocks = 0;
    for (int i = 0; i < m.columns; i++) {
        double term = (double)m.values[(size_t)o * m.columns + i] * x[i];
        sum += term;
        squares += term * term * 0x1p-18 * 2 / 3;
        magnitude += fabs(term);
        block += term;
        if (i % 256 == 255 || i == m.columns - 1) {
            blocks += fabs(block);
            block = 0;
        }
    }
    error = 8 * sqrt(squares) + 0x1p-9 * blocks + 0x1p-24 * (8 + 4 * sqrt((double)m.columns)) * 8 * magnitude + 1e-6;
    return sum;
}

double silu(double g) {
    return g / (1 + exp(-g));
}

double gated_error(double g, double eg, double u, double eu) {
    return 1.1 * eg * (fabs(u) + eu) + fabs(silu(g)) * eu + 1e-6;
}

void product(int index, int rows, int second, int columns, int count, int adds) {
    Matrix m(index, rows, columns);
    std::string gemm = "gemm-" + m.type, what = gemm + " " + std::to_string(rows) + " x " + std::to_string(columns);
    int end = rows - second, one = 1;
    Device<float> x((size_t)count * columns), y0((size_t)count * end), y1((size_t)count * second), alone(rows);
    Device<float> a((size_t)count * rows), b((size_t)count * rows);
    fill(x, x.n), fill(a, a.n), fill(b, b.n);
    Rounded rounded(x, count, columns, 1);
    float *none = nullptr;
    int step[] = {count, count, 0, 4};
    auto run = [&](int from, int n, float *to0, float *to1, int split) {
        int own[] = {n, n, 0, 4};
        launch(gemm, "gemm", {tiles_of(rows, 128), tiles_of(n, 128) + 1, 1}, {gemm_threads, 1, 1}, m.bytes.p, m.grid, none, 0, 0,
               (uint16_t *)rounded.x + (size_t)from * columns, to0, to1, to1, to1, split, rows, rows, a + (size_t)from * rows,
               b + (size_t)from * rows, adds, columns, m.rowBytes, rows, 0, -1, (int *)own);
    };
    run(0, count, y0, y1, end);
    int some = below(count);
    run(some, one, alone, alone, rows);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < rows; o++) {
            double error, want = rounded_dot(m, o, x + (size_t)r * columns, error);
            size_t at = (size_t)r * rows + o;
            want += (adds > 0 ? a[at] : 0) + (adds > 1 ? b[at] : 0);
            float got = o < end ? y0[(size_t)r * end + o] : y1[(size_t)r * second + o - end];
            near(what, got, want, error);
            if (r == some && alone[o] != got) {
                fail(what + ": a row alone differs from the same row among others");
            }
        }
    }
}

void gated(int index, int inner, int columns, int count) {
    Matrix m(index, 2 * inner, columns);
    Device<float> x((size_t)count * columns), y((size_t)count * inner);
    fill(x, x.n);
    Rounded rounded(x, count, columns, 1);
    float *none = nullptr;
    int step[] = {count, count, 0, 4};
    launch("gemm-" + m.type, "gemm", {tiles_of(inner, 64), tiles_of(count, 128), 1}, {gemm_threads, 1, 1}, m.bytes.p, m.grid, none,
           0, 0, rounded.x.p, y.p, y.p, y.p, y.p, inner, inner, inner, none, none, 0, columns, m.rowBytes, inner, 1, -1, (int *)step);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < inner; o++) {
            double eg, eu, g = rounded_dot(m, o, x + (size_t)r * columns, eg);
            double u = rounded_dot(m, inner + o, x + (size_t)r * columns, eu);
            near("gemm-" + m.type + " gate and up", y[r * inner + o], silu(g) * u, gated_error(g, eg, u, eu));
        }
    }
}

void experts(int index, int inner, int columns, int count, int k, int bank) {
    Matrix m(index, bank * 2 * inner, columns), down(index, bank * columns, inner);
    std::string gemm = "gemm-" + m.type;
    Device<float> x((size_t)count * columns), t((size_t)count * k * inner), t2(t.n), parts((size_t)count * k * columns);
    Device<float> y((size_t)count * columns), weights((size_t)count * k);
    int most = (int)tiles_of(count * k, 128) + bank;
    Device<int> ids((size_t)count * k), order(ids.n), tiles((size_t)1 + 3 * most);
    fill(x, x.n), fill(weights, weights.n);
    for (size_t i = 0; i < ids.n; i++) {
        ids[i] = below(4) ? 1 : below(bank);
    }
    Rounded rounded(x, count, columns, 1);
    int step[] = {count, count, 0, 4};
    float *none = nullptr;
    launch("rounding", "group_choices", {1, 1, 1}, {1024, 1, 1}, ids.p, order.p, tiles.p, bank, k, -1, (int *)step);
    auto run = [&](Matrix &of, uint16_t *from, float *to, int mode, int results) {
        launch(gemm, "expert_gemm", {tiles_of(results, mode == 0 ? 64 : 128), (unsigned)most, 1}, {gemm_threads, 1, 1}, of.bytes.p,
               of.grid, none, 0, 0, from, tiles.p, order.p, weights.p, to, mode, of.columns, of.rowBytes, results, k);
    };
    run(m, rounded.x, t, 0, inner);
    run(m, rounded.x, t2, 1, inner);
    run(m, rounded.x, t2, 2, inner);
    for (size_t c = 0; c < ids.n; c++) {
        for (int o = 0; o < inner; o++) {
            const float *row = x + c / k * columns;
            double eg, eu, g = rounded_dot(m, ids[c] * 2 * inner + o, row, eg);
            double u = rounded_dot(m, ids[c] * 2 * inner + inner + o, row, eu);
            near(gemm + " inner", t[c * inner + o], silu(g) * u, gated_error(g, eg, u, eu));
            /* the same bank taken for experts of half the rows: up alone, then gate over it */
            double e, v = rounded_dot(m, ids[c] * inner + o, row, e);
            near(gemm + " gate over up", t2[c * inner + o], silu(v) * v, gated_error(v, e, v, e));
        }
    }
    fill(t, t.n);
    Rounded middle(t, count, inner, k);
    run(down, middle.x, parts, 3, columns);
    launch("rounding", "sum_choices", {(unsigned)count + 1, 1, 1}, {256, 1, 1}, parts.p, y.p, columns, k, -1, (int *)step);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < columns; o++) {
            double want = 0, error = 1e-6;
            for (int i = 0; i < k; i++) {
                double e;
                want += weights[r * k + i] * rounded_dot(down, ids[r * k + i] * columns + o, t + (size_t)(r * k + i) * inner, e);
                error += fabs(weights[r * k + i]) * e;
            }
            near(gemm + " down", y[r * columns + o], want, error);
        }
    }
}

} // namespace

void test_gemm() {
    shared_bytes = gemm_shared;
    for (int i = 0; i < SLUICE_TYPES; i++) {
        std::string type = sluice_type_names[i].name;
        if (!find("gemm-" + type, "gemm")) {
            continue;
        }
        int block = sluice_format_of(sluice_type_names[i].type).block, least = block == 1 ? 32 : block;
        product(i, 9, 4, least, 3, 0);
        product(i, 150, 21, block == 256 ? 512 : 224 / block * block, i % 4 == 0 ? 140 : 5, 1 + i % 2);
        gated(i, 21, 2 * least, 5);
        experts(i, least, block == 256 ? 256 : 96 / least * least, i % 4 == 0 ? 70 : 5, 2, 3);
    }
    shared_bytes = 0;
}
