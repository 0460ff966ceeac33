/* The matrix kernels for few rows, of all types, against dot products in double. */
#include "tests.h"

using namespace test;

namespace {

bool quantised(int index) {
    return sluice_format_of(sluice_type_names[index].type).family != FAMILY_FLOAT;
}

/* One product with all its variants; what comes of a row must not depend on how many there are. */
void product(int index, int rows, int second, int columns, int count, int adds, unsigned groups) {
    Matrix m(index, rows, columns);
    std::string gemv = "gemv-" + m.type;
    std::string what = gemv + " " + std::to_string(rows) + " x " + std::to_string(columns);
    Device<float> x((size_t)count * columns), one((size_t)count * rows), a((size_t)count * rows), b((size_t)count * rows);
    fill(x, x.n), fill(a, a.n), fill(b, b.n);
    int end = rows - second;
    Device<float> y0((size_t)count * end), y1((size_t)count * second);
    int step[] = {count, count, 0, 4};
    float *none = nullptr;
    long *nothing = nullptr;
    int *arrived = nullptr;
    unsigned tiles = (unsigned)(count + 3) / 4;
    launch(gemv, "gemv_one", {groups, (unsigned)count + 1, 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p, one.p, one.p,
           one.p, one.p, rows, rows, rows, a.p, b.p, adds, columns, m.rowBytes, rows, -1, (int *)step, nothing, arrived);
    launch(gemv, "gemv_many", {groups, tiles + 1, 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p, y0.p, y1.p, y1.p, y1.p,
           end, rows, rows, a.p, b.p, adds, columns, m.rowBytes, rows, -1, (int *)step, nothing, arrived);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < rows; o++) {
            double error, want = m.dot(o, x + (size_t)r * columns, quantised(index), error);
            size_t at = (size_t)r * rows + o;
            want += (adds > 0 ? a[at] : 0) + (adds > 1 ? b[at] : 0);
            near(what, one[at], want, error + 1e-6);
            float many = o < end ? y0[(size_t)r * end + o] : y1[(size_t)r * second + o - end];
            if (many != one[at]) {
                fail(what + ": a row alone differs from the same row among others");
            }
        }
    }
}

double silu(double g) {
    return g / (1 + exp(-g));
}

void gated(int index, int inner, int columns, int count, unsigned groups) {
    Matrix m(index, 2 * inner, columns);
    std::string gemv = "gemv-" + m.type;
    Device<float> x((size_t)count * columns), one((size_t)count * inner), many((size_t)count * inner);
    fill(x, x.n);
    int step[] = {count, count, 0, 4};
    float *none = nullptr;
    launch(gemv, "gate_up_gemv_one", {groups, (unsigned)count, 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p, one.p,
           columns, m.rowBytes, inner, -1, (int *)step);
    launch(gemv, "gate_up_gemv_many", {groups, (unsigned)(count + 3) / 4, 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p,
           many.p, columns, m.rowBytes, inner, -1, (int *)step);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < inner; o++) {
            double eg, eu, g = m.dot(o, x + (size_t)r * columns, quantised(index), eg);
            double u = m.dot(inner + o, x + (size_t)r * columns, quantised(index), eu);
            /* the gate's slope is at most 1.1 */
            near(gemv + " gate and up", one[r * inner + o], silu(g) * u, 1.1 * eg * (fabs(u) + eu) + fabs(silu(g)) * eu + 1e-6);
            if (one[r * inner + o] != many[r * inner + o]) {
                fail(gemv + ": a gated row alone differs from the same row among others");
            }
        }
    }
}

void experts(int index, int inner, int columns, int count, int k, unsigned groups) {
    int bank = 5, in = inner;
    Matrix m(index, bank * 2 * inner, columns), down(index, bank * columns, inner);
    std::string gemv = "expert_gemv-" + m.type;
    Device<float> x((size_t)count * columns), t((size_t)count * k * inner), t2(t.n), y((size_t)count * columns);
    Device<float> weights((size_t)count * k);
    Device<int> ids((size_t)count * k);
    fill(x, x.n), fill(weights, weights.n);
    for (size_t i = 0; i < ids.n; i++) {
        ids[i] = below(bank);
    }
    int step[] = {count, count, 0, 4};
    float *none = nullptr;
    launch(gemv, "expert_inner_gemv", {groups, (unsigned)(count * k), 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p, ids.p,
           t.p, 0, columns, m.rowBytes, inner, k, -1, (int *)step);
    /* the same bank taken for experts of twice the rows: up alone, then gate over it */
    for (size_t c = 0; c < ids.n; c++) {
        for (int o = 0; o < in; o++) {
            const float *row = x + c / k * columns;
            double eg, eu, g = m.dot(ids[c] * 2 * in + o, row, quantised(index), eg);
            double u = m.dot(ids[c] * 2 * in + in + o, row, quantised(index), eu);
            near(gemv + " inner", t[c * in + o], silu(g) * u, 1.1 * eg * (fabs(u) + eu) + fabs(silu(g)) * eu + 1e-6);
        }
    }
    for (int mode = 1; mode <= 2; mode++) {
        launch(gemv, "expert_inner_gemv", {groups, (unsigned)(count * k), 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p,
               ids.p, t2.p, mode, columns, m.rowBytes, inner, k, -1, (int *)step);
    }
    for (size_t c = 0; c < ids.n; c++) {
        for (int o = 0; o < in; o++) {
            double e, v = m.dot(ids[c] * in + o, x + c / k * columns, quantised(index), e);
            near(gemv + " gate over up", t2[c * in + o], silu(v) * v, 1.1 * e * (fabs(v) + e) + fabs(silu(v)) * e + 1e-6);
        }
    }
    fill(t, t.n);
    launch(gemv, "expert_down_gemv", {groups, (unsigned)count + 1, 1}, {256, 1, 1}, down.bytes.p, down.grid, none, 0, 0, t.p,
           ids.p, weights.p, y.p, inner, down.rowBytes, columns, k, -1, (int *)step);
    for (int r = 0; r < count; r++) {
        for (int o = 0; o < columns; o++) {
            double want = 0, error = 1e-6;
            for (int i = 0; i < k; i++) {
                double e;
                want += weights[r * k + i] * down.dot(ids[r * k + i] * columns + o, t + (size_t)(r * k + i) * inner, quantised(index), e);
                error += fabs(weights[r * k + i]) * e;
            }
            near(gemv + " down", y[r * columns + o], want, error);
        }
    }
}

} // namespace

void test_gemv() {
    for (int i = 0; i < SLUICE_TYPES; i++) {
        std::string type = sluice_type_names[i].name;
        if (!find("gemv-" + type, "gemv_one")) {
            continue;
        }
        int block = sluice_format_of(sluice_type_names[i].type).block, least = block == 1 ? 32 : block;
        product(i, 1, 0, least, 1, 0, 1);
        product(i, 37, 9, 1024 + 256, 5, 1, 2);
        product(i, 70, 1, 2048 + least, 3, 2, 1);
        product(i, 9, 4, 768, 9, 0, 3);
        gated(i, 21, 1024 + least, 5, 2);
        experts(i, 256, 256, 3, 2, 3);
    }
}
