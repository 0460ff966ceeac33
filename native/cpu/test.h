/* What the tests share: a count of failures, reproducible numbers, memory that ends at a page nobody may touch. */
#ifndef SLUICE_TEST_H
#define SLUICE_TEST_H

#include "random_blocks.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

extern int failures;
extern int brief; /* fewer sizes, for slow builds */
extern uint64_t seed;

#define CHECK(condition, ...)                                                                                                        \
    do {                                                                                                                             \
        if (!(condition) && failures++ < 40) {                                                                                       \
            printf("FAILED %s:%d [%s] ", __FILE__, __LINE__, sluice_variant());                                                      \
            printf(__VA_ARGS__);                                                                                                     \
            printf("\n");                                                                                                            \
        }                                                                                                                            \
    } while (0)

/* bytes of memory, the last of them `end_gap` bytes before a page that faults; freed with guarded_free. */
uint8_t *guarded(size_t bytes, size_t end_gap);
void guarded_free(uint8_t *p, size_t bytes, size_t end_gap);

/* 64-byte aligned, freed with free. */
void *aligned(int64_t bytes);
float *random_floats(int64_t n);

/* Element e of a block by the format's formula, in double precision: written apart from the kernels, one element at a time. */
double formula(int32_t type, const uint8_t *block, int e);

void test_formats(void);
void test_matmul(void);
void test_kernels(void);

#endif
