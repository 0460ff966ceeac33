/* A step over caches in pages. */
#ifndef SLUICE_CUDA_TESTS_SCENE_H
#define SLUICE_CUDA_TESTS_SCENE_H

#include <algorithm>

#include "harness.h"

namespace test {

/* A step of rows at positions of their own sequences, with pages in any order over two slabs. */
struct Scene {
    int rows, context, width;
    std::vector<int> positions, step;
    std::vector<std::vector<float>> keys;
    Device<float> slab0, slab1;
    long pageFloats;
    static constexpr long stateAt = 16;

    Scene(std::vector<int> at, int width)
        : rows((int)at.size()), context(*std::max_element(at.begin(), at.end()) + 1), width(width), positions(at),
          slab0(pages(at) * (64 * width + 32)), slab1(pages(at) * (64 * width + 32)), pageFloats(64 * width + 32) {
        step = {rows, rows, context, 4};
        step.insert(step.end(), at.begin(), at.end());
        step.insert(step.end(), rows, 0);
        size_t tables = step.size();
        step.insert(step.end(), rows, 0);
        std::vector<unsigned> order;
        for (unsigned i = 0; i < 2 * pages(at); i++) {
            order.push_back((i & 1) << 28 | i / 2);
        }
        for (size_t i = order.size(); i > 1; i--) {
            std::swap(order[i - 1], order[below((int)i)]);
        }
        for (int r = 0; r < rows; r++) {
            step[tables + r] = (int)step.size();
            for (int p = 0; p <= at[r]; p += 64) {
                step.push_back((int)order.back());
                order.pop_back();
            }
            keys.emplace_back((size_t)(at[r] + 1) * width);
            fill(keys[r].data(), keys[r].size());
            for (int p = 0; p <= at[r]; p++) {
                unsigned page = (unsigned)step[step[tables + r] + p / 64];
                float *slab = page >> 28 ? slab1 : slab0;
                memcpy(slab + (page & 0xfffffff) * pageFloats + stateAt + p % 64 * width, &keys[r][(size_t)p * width], width * 4);
            }
        }
    }

    static size_t pages(const std::vector<int> &at) {
        size_t n = 0;
        for (int p : at) {
            n += p / 64 + 1;
        }
        return n;
    }
};

} // namespace test

#endif
