/* Runs kernels of the emulated device directly on memory of the host, where AddressSanitizer sees every access. */
#ifndef SLUICE_CUDA_TESTS_HARNESS_H
#define SLUICE_CUDA_TESTS_HARNESS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <string>
#include <vector>

#include "../emulator/blocks.h"

extern "C" {
#include "../../cpu/grids.h"
#include "../../cpu/random_blocks.h"
}

namespace test {

inline uint64_t state = 88172645463325252ull;

inline int below(int n) {
    return (int)(random_bits(&state) >> 33) % n;
}

/* Memory of exactly that size at an address as the driver gives them, filled with not-a-numbers. */
template <class T>
struct Device {
    T *p;
    size_t n;
    explicit Device(size_t count) : n(count) {
        void *memory;
        if (posix_memalign(&memory, 256, count * sizeof(T) + (count == 0))) {
            abort();
        }
        p = (T *)memory;
        memset(p, 0xff, count * sizeof(T));
    }
    Device(const Device &) = delete;
    ~Device() {
        free(p);
    }
    operator T *() {
        return p;
    }
};

inline const sluice::Kernel *find(const std::string &image, const char *kernel) {
    for (const sluice::Image *i = sluice::images; i->name; i++) {
        for (size_t k = 0; image == i->name && k < i->count; k++) {
            if (strcmp(i->kernels[k].name, kernel) == 0) {
                return &i->kernels[k];
            }
        }
    }
    return nullptr;
}

inline void fail(const std::string &what) {
    fprintf(stderr, "FAILED: %s\n", what.c_str());
    exit(1);
}

/* what launches pass besides arguments */
inline size_t shared_bytes = 0;

template <class... A>
void launch(const std::string &image, const char *kernel, dim3 grid, dim3 block, A... arguments) {
    const sluice::Kernel *k = find(image, kernel);
    if (!k) {
        fail("no kernel " + image + "/" + kernel);
    }
    size_t sizes[] = {sizeof(A)...};
    if (k->count != sizeof...(A) || memcmp(sizes, k->sizes, sizeof sizes) != 0) {
        fail("arguments of " + image + "/" + kernel);
    }
    void *pointers[] = {&arguments...};
    sluice::run_grid(*k, grid, block, shared_bytes, pointers);
}

inline const uint16_t *grid_of(int32_t type) {
    switch (type) {
        case SLUICE_IQ2_XXS: return sluice_grid_iq2_xxs;
        case SLUICE_IQ2_XS: return sluice_grid_iq2_xs;
        case SLUICE_IQ2_S: return sluice_grid_iq2_s;
        case SLUICE_IQ3_XXS: return sluice_grid_iq3_xxs;
        case SLUICE_IQ3_S: return sluice_grid_iq3_s;
        case SLUICE_IQ1_S:
        case SLUICE_IQ1_M: return sluice_grid_iq1_s;
        default: return nullptr;
    }
}

/* A matrix of a type with random weights, and what they are as floats according to the portable kernels. */
struct Matrix {
    std::string type;
    int32_t id;
    int rows, columns;
    long rowBytes;
    Device<uint8_t> bytes;
    const uint16_t *grid;
    std::vector<float> values;

    Matrix(int index, int rows, int columns)
        : type(sluice_type_names[index].name), id(sluice_type_names[index].type), rows(rows), columns(columns),
          rowBytes((long)columns / sluice_format_of(id).block * sluice_format_of(id).bytes), bytes(rows * rowBytes),
          grid(grid_of(id)), values((size_t)rows * columns) {
        int size = sluice_format_of(id).bytes;
        for (long at = 0; at < rows * rowBytes; at += size) {
            random_block(id, bytes + at, &state);
        }
        std::vector<int> tokens(rows);
        for (int i = 0; i < rows; i++) {
            tokens[i] = i;
        }
        int step[] = {rows, rows, 0, 4};
        launch("embed-" + type, "embed", {(unsigned)rows, 1, 1}, {256, 1, 1}, bytes.p, grid, (float *)nullptr, 0, 0,
               tokens.data(), values.data(), columns, rowBytes, rows, -1, (int *)step);
    }

    /* Row o times x in double, and how far a device may be off that rounds x to int8, or to nothing. */
    double dot(int o, const float *x, bool rounding, double &error) const {
        double sum = 0, squares = 0, magnitude = 0;
        for (int b = 0; b < columns; b += 32) {
            float largest = 0;
            for (int i = b; i < b + 32 && i < columns; i++) {
                largest = fmaxf(largest, fabsf(x[i]));
            }
            double half = rounding ? largest / 254.0 * 1.001 : 0, most = 0;
            for (int i = b; i < b + 32 && i < columns; i++) {
                most = fmax(most, fabs(values[(size_t)o * columns + i]));
            }
            for (int i = b; i < b + 32 && i < columns; i++) {
                double w = values[(size_t)o * columns + i];
                sum += w * x[i];
                squares += w * w * half * half / 3;
                magnitude += most * fabs(x[i]);
            }
        }
        error = 8 * sqrt(squares) + 0x1p-24 * (8 + 4 * sqrt((double)columns)) * 4 * magnitude;
        return sum;
    }
};

inline void near(const std::string &what, float got, double want, double error) {
    if (!(fabs(got - want) <= error)) {
        char text[200];
        snprintf(text, sizeof text, "%s is %g, not %g: allowed are %g", what.c_str(), got, want, error);
        fail(text);
    }
}

inline void fill(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = random_float(&state);
    }
}

} // namespace test

#endif
