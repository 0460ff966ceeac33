/* Runs every test with every variant this processor has: test [brief]. */
#define _GNU_SOURCE
#include "test.h"
#include <string.h>
#include <sys/mman.h>

int failures, brief;
uint64_t seed;

uint8_t *guarded(size_t bytes, size_t end_gap) {
    size_t size = (bytes + end_gap + 4095) / 4096 * 4096;
    uint8_t *p = mmap(0, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p + size, 4096, PROT_NONE);
    return p + size - end_gap - bytes;
}

void guarded_free(uint8_t *p, size_t bytes, size_t end_gap) {
    size_t size = (bytes + end_gap + 4095) / 4096 * 4096;
    munmap(p + bytes + end_gap - size, size + 4096);
}

void *aligned(int64_t bytes) {
    return aligned_alloc(64, (size_t)sluice_round_up(bytes > 0 ? bytes : 1, 64));
}

float *random_floats(int64_t n) {
    float *p = malloc((size_t)(n > 0 ? n : 1) * 4);
    for (int64_t i = 0; i < n; i++) {
        p[i] = random_float(&seed);
    }
    return p;
}

int main(int argc, char **argv) {
    static const char *const variants[] = {"portable", "avx2", "avx512", "avx512bf16"};
    brief = argc > 1 && !strcmp(argv[1], "brief");
    int ran = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (sluice_use_variant(variants[i])) {
            if (!brief) {
                printf("native: this processor has no %s, not tested\n", variants[i]);
            }
            continue;
        }
        seed = 20261124;
        test_formats();
        test_matmul();
        test_kernels();
        ran++;
    }
    printf("native: %d variants tested%s, %d checks failed\n", ran, brief ? " briefly" : "", failures);
    return failures || !ran;
}
