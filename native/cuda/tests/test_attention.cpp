/* Latent attention against softmax in double; both ways of cutting the work must give the same bits. */
#include <algorithm>
#include <cmath>

#include "scene.h"
#include "tests.h"

using namespace test;

namespace {

constexpr int splits = 16;

void attention(std::vector<int> at, int heads, int latent, int rope, int k, float spread) {
    Scene s(at, latent + rope);
    int rows = s.rows, offset = 8, queryWidth = offset + rope + 4;
    Device<float> ql((size_t)rows * heads * latent), q((size_t)rows * heads * queryWidth);
    Device<float> whole((size_t)rows * heads * latent), combined(whole.n), parts((size_t)rows * heads * splits * (latent + 2));
    Device<int> selection((size_t)rows * k);
    fill(ql, ql.n), fill(q, q.n);
    std::vector<std::vector<int>> chosen(rows);
    for (int r = 0; r < rows; r++) {
        for (int p = 0; p <= at[r]; p++) {
            chosen[r].push_back(p);
        }
        if (k > 0) {
            while ((int)chosen[r].size() > k) {
                chosen[r].erase(chosen[r].begin() + below((int)chosen[r].size()));
            }
            if (r == 1) {
                chosen[r].clear();
            }
            for (int i = 0; i < k; i++) {
                selection[r * k + i] = i < (int)chosen[r].size() ? chosen[r][i] : -1;
            }
        }
    }
    float scale = spread / sqrtf((float)(latent + rope)), *none = nullptr;
    auto run = [&](const char *kernel, unsigned groups, float *y, auto... more) {
        launch("attention_fast", kernel, {groups, (unsigned)rows + 1, 1}, {256, 1, 1}, ql.p, q.p, selection.p, y, heads, latent, rope,
               queryWidth, offset, k, scale, s.slab0.p, s.slab1.p, none, none, none, none, none, none, s.pageFloats,
               (long)Scene::stateAt, s.step.data(), more...);
    };
    Device<int> arrived((size_t)rows * ((heads + 7) / 8));
    memset(arrived.p, 0, arrived.n * sizeof(int));
    run("latent_attention_whole", (unsigned)heads, whole);
    run("latent_attention_split", (unsigned)(heads + 7) / 8 * splits, combined, parts.p, arrived.p);
    for (size_t i = 0; i < arrived.n; i++) {
        if (arrived[i] != 0) {
            fail("counters of latent_attention_split are not zero behind it");
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int h = 0; h < heads; h++) {
            std::vector<double> score;
            double largest = -INFINITY, total = 0;
            for (int p : chosen[r]) {
                const float *c = &s.keys[r][(size_t)p * (latent + rope)];
                double dot = 0;
                for (int i = 0; i < latent; i++) {
                    dot += (double)ql[((size_t)r * heads + h) * latent + i] * c[i];
                }
                for (int i = 0; i < rope; i++) {
                    dot += (double)q[((size_t)r * heads + h) * queryWidth + offset + i] * c[latent + i];
                }
                score.push_back(dot * scale);
                largest = fmax(largest, dot * scale);
            }
            for (double &v : score) {
                total += v = exp(v - largest);
            }
            for (int i = 0; i < latent; i++) {
                double want = 0, magnitude = 0;
                for (size_t t = 0; t < score.size(); t++) {
                    double v = score[t] / total * s.keys[r][(size_t)chosen[r][t] * (latent + rope) + i];
                    want += v, magnitude += fabs(v);
                }
                size_t o = ((size_t)r * heads + h) * latent + i;
                near("latent_attention_whole", whole[o], want, 1e-5 * (magnitude + 1e-3) * (1 + spread));
                if (whole[o] != combined[o]) {
                    fail("latent_attention_split differs from latent_attention_whole");
                }
            }
        }
    }
}

} // namespace

void test_attention() {
    if (!find("attention_fast", "latent_attention_whole")) {
        return;
    }
    attention({0, 3, 15, 16, 17}, 3, 32, 8, 0, 1);
    attention({300, 40}, 8, 64, 16, 0, 8);
    attention({2500}, 9, 512, 64, 0, 4);
    attention({700, 10, 5}, 20, 520, 64, 100, 30);
}
