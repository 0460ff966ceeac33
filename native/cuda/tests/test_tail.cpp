/* What follows a product on its rows: run once for each row, when the whole row is there, and the counters are as before. */
#include "tests.h"

using namespace test;

namespace {

constexpr int columns = 64, rows = 75, count = 6;

long bits_of(float x) {
    int bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

} // namespace

void test_tail() {
    int index = 0;
    while (strcmp(sluice_type_names[index].name, "F32") != 0) {
        index++;
    }
    Matrix m(index, rows, columns);
    Device<float> x((size_t)count * columns), y((size_t)count * rows), norm(y.n), again(y.n), w(rows);
    Device<int> arrived(2);
    fill(x, x.n), fill(w, w.n);
    arrived[0] = arrived[1] = 0;
    const float epsilon = 1e-5f;
    /* norm = rms_norm(y), again = rms_norm(norm) */
    long values[] = {2, 0,
                     8, 5, (long)y.p, (long)w.p, (long)norm.p, rows, bits_of(epsilon), -1,
                     8, 5, (long)norm.p, (long)w.p, (long)again.p, rows, bits_of(epsilon), -1};
    Device<long> list(sizeof values / sizeof *values);
    memcpy(list.p, values, sizeof values);
    int step[] = {count, count, 0, 4};
    float *none = nullptr;
    launch("gemv-F32", "gemv_many", {3, 3, 1}, {256, 1, 1}, m.bytes.p, m.grid, none, 0, 0, x.p, y.p, y.p, y.p, y.p, rows, rows, rows,
           none, none, 0, columns, m.rowBytes, rows, -1, (int *)step, list.p, arrived.p);
    const auto hold = [&](const char *what, const float *from, const float *to) {
        double squares = 0;
        for (int o = 0; o < rows; o++) {
            squares += (double)from[o] * from[o];
        }
        for (int o = 0; o < rows; o++) {
            double want = from[o] / sqrt(squares / rows + epsilon) * w[o];
            near(what, to[o], want, 1e-5 * fabs(want));
        }
    };
    for (int r = 0; r < count; r++) {
        hold("a norm behind a product", y + r * rows, norm + r * rows);
        hold("a norm behind a norm", norm + r * rows, again + r * rows);
    }
    if (arrived[0] != 0 || arrived[1] != 0) {
        fail("counters of a product with a tail are not zero behind it");
    }
}
