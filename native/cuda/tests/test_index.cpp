/* Scores of the indexer and selections by them, over pages in two slabs, against plain loops. */
#include <algorithm>
#include <cmath>

#include "scene.h"
#include "tests.h"

using namespace test;

namespace {

void scores(std::vector<int> at, int heads, int width, unsigned groups) {
    Scene s(at, width);
    Device<float> query((size_t)s.rows * heads * width), weights((size_t)s.rows * heads), y((size_t)s.rows * s.context);
    fill(query, query.n), fill(weights, weights.n);
    float scale = 0.3f, *none = nullptr;
    launch("index_scores_fast", "index_scores_fast", {groups, (unsigned)s.rows + 1, 1}, {256, 1, 1}, query.p, weights.p, y.p,
           heads, width, scale, s.slab0.p, s.slab1.p, none, none, none, none, none, none, (long)s.pageFloats, (long)s.stateAt,
           s.step.data());
    for (int r = 0; r < s.rows; r++) {
        for (int p = 0; p < s.context; p++) {
            double want = 0, magnitude = 0;
            for (int h = 0; h < heads && p <= at[r]; h++) {
                double dot = 0, size = 0;
                for (int i = 0; i < width; i++) {
                    double v = (double)query[((size_t)r * heads + h) * width + i] * s.keys[r][(size_t)p * width + i];
                    dot += v, size += fabs(v);
                }
                want += weights[r * heads + h] * fmax(dot, 0.0);
                magnitude += fabs(weights[r * heads + h]) * size;
            }
            float got = y[(size_t)r * s.context + p];
            if (p > at[r] ? got != -INFINITY : !(fabs(got - want * scale) <= 0x1p-22 * sqrt(width + heads) * magnitude)) {
                fail("index_scores_fast, row " + std::to_string(r) + ", position " + std::to_string(p));
            }
        }
    }
}

void selection(std::vector<int> at, int k, int values) {
    Scene s(at, 4);
    Device<float> x((size_t)s.rows * s.context);
    Device<int> y((size_t)s.rows * k);
    for (size_t i = 0; i < x.n; i++) {
        float v = values ? (float)(below(values) - values / 2) : random_float(&state);
        x[i] = v == 0 && below(2) ? -0.0f : v;
    }
    launch("select_fast", "select_top_k_fast", {(unsigned)s.rows + 1, 1, 1}, {1024, 1, 1}, x.p, y.p, k, s.step.data());
    for (int r = 0; r < s.rows; r++) {
        std::vector<int> want(at[r] + 1);
        for (int p = 0; p <= at[r]; p++) {
            want[p] = p;
        }
        const float *row = x + (size_t)r * s.context;
        std::stable_sort(want.begin(), want.end(), [&](int a, int b) { return row[a] > row[b]; });
        want.resize(std::min(k, at[r] + 1));
        std::sort(want.begin(), want.end());
        want.resize(k, -1);
        if (memcmp(want.data(), y + (size_t)r * k, k * sizeof(int)) != 0) {
            fail("select_top_k_fast, row " + std::to_string(r) + " of k " + std::to_string(k));
        }
    }
}

} // namespace

void test_index() {
    if (find("index_scores_fast", "index_scores_fast")) {
        scores({0, 63, 64, 200}, 4, 32, 2);
        scores({129}, 33, 128, 1);
        scores({40, 500}, 64, 68, 3);
    }
    if (find("select_fast", "select_top_k_fast")) {
        selection({0, 5, 6, 7, 8, 9, 100}, 8, 0);
        selection({9000, 4095, 4096, 2048}, 2048, 0);
        selection({5000, 300}, 100, 7);
        selection({5000}, 1, 3);
        selection({1023, 1024}, 1023, 1);
    }
}
