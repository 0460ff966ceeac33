/*
 * Measures the kernels against the machine: bench [seconds] [type ...]. Single rows in GB/s of weights beside a plain read of the same
 * bytes by the same two threads, taken in turn; several rows in GMAC/s beside register-only loops. Medians of the rounds. Time is the
 * processor time of the slower thread, so that other work on the machine disturbs less.
 */
#define _GNU_SOURCE
#include "random_blocks.h"
#include "simd.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { THREADS = 2, OUTS = 6144, COLUMNS = 2048, ROUNDS = 5 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct job {
    int thread, rows, task;
    int32_t type, mode;
    uint8_t *w, *x, *scratch;
    float *y;
    int64_t row_bytes, matrices, x_bytes;
    double ops, seconds;
};

enum { READ, MATMUL, DOT_INT8, DOT_FLOAT, DOT_BF16 };

#if defined(__AVX512F__)
#define CHAINS(TYPE, INIT, STEP)                                                                                                     \
    TYPE a[16];                                                                                                                      \
    for (int i = 0; i < 16; i++) { a[i] = INIT; }                                                                                    \
    for (int64_t i = 0; i < 1000000; i++) {                                                                                          \
        UNROLL for (int j = 0; j < 16; j++) { STEP; }                                                                                \
        __asm__ volatile("" : "+v"(w));                                                                                              \
    }
#endif

static void work(struct job *j) {
    if (j->task == READ) {
        const uint64_t *b = (const uint64_t *)(j->w + j->matrices * OUTS * j->row_bytes / THREADS * j->thread);
        int64_t n = j->matrices * OUTS * j->row_bytes / THREADS / 256;
#if defined(__AVX512F__)
        __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
        for (int64_t i = 0; i < n; i++, b += 32) {
            s0 = _mm512_add_epi64(s0, _mm512_loadu_si512(b));
            s1 = _mm512_add_epi64(s1, _mm512_loadu_si512(b + 8));
            s2 = _mm512_add_epi64(s2, _mm512_loadu_si512(b + 16));
            s3 = _mm512_add_epi64(s3, _mm512_loadu_si512(b + 24));
        }
        j->ops = (double)_mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_add_epi64(s0, s1), _mm512_add_epi64(s2, s3)));
#else
        uint64_t s = 0;
        for (int64_t i = 0; i < 32 * n; i++) {
            s += b[i];
        }
        j->ops = (double)s;
#endif
    } else if (j->task == MATMUL) {
        for (int64_t m = 0; m < j->matrices; m++) {
            int64_t begin = OUTS / THREADS * j->thread;
            sluice_matmul(
                    j->type, j->mode, j->w + m * OUTS * j->row_bytes, j->row_bytes, 0, j->x, j->rows, COLUMNS, j->y, OUTS, begin,
                    begin + OUTS / THREADS, j->scratch);
        }
    }
#if defined(__AVX512BF16__)
    else {
        __m512i w = _mm512_set1_epi32(0x3f803f80 + j->thread);
        if (j->task == DOT_INT8) {
            CHAINS(__m512i, _mm512_set1_epi32(i), a[j] = _mm512_dpbusd_epi32(a[j], w, w))
            j->ops = _mm512_reduce_add_epi32(a[j->thread]);
        } else if (j->task == DOT_FLOAT) {
            CHAINS(__m512, _mm512_set1_ps((float)i), a[j] = _mm512_fmadd_ps((__m512)w, (__m512)w, a[j]))
            j->ops = _mm512_reduce_add_ps(a[j->thread]);
        } else {
            CHAINS(__m512, _mm512_set1_ps((float)i), a[j] = _mm512_dpbf16_ps(a[j], (__m512bh)w, (__m512bh)w))
            j->ops = _mm512_reduce_add_ps(a[j->thread]);
        }
    }
#endif
}

static void *timed(void *p) {
    struct job *j = p;
    double t = now();
    work(j);
    j->seconds = now() - t;
    return 0;
}

static double run(struct job *jobs, int task, int rows) {
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i].task = task;
        jobs[i].rows = rows;
    }
    double slowest = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&t[i], 0, timed, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], 0);
        slowest = jobs[i].seconds > slowest ? jobs[i].seconds : slowest;
    }
    return slowest;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, ascending);
    return v[n / 2];
}

int main(int argc, char **argv) {
    const int64_t size = 320ll << 20;
    uint8_t *w = mmap(0, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *x = aligned_alloc(64, 256 * 16384);
    float *input = malloc(256 * COLUMNS * 4), *y = malloc(256 * OUTS * 4);
    uint64_t seed = 42;
    for (int i = 0; i < 256 * COLUMNS; i++) {
        input[i] = random_float(&seed);
    }
    struct job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.thread = i, .w = w, .x = x, .y = y, .scratch = aligned_alloc(64, (size_t)sluice_scratch_bytes())};
    }
    if (getenv("SLUICE_VARIANT_NAME")) {
        sluice_use_variant(getenv("SLUICE_VARIANT_NAME"));
    }
    int quick = getenv("QUICK") != 0;
    double peaks[3];
    for (int i = 0; i < 3; i++) {
        double v[5];
        for (int k = 0; k < 5; k++) {
            v[k] = run(jobs, DOT_INT8 + i, 0);
        }
        peaks[i] = THREADS * 16e6 * (i == 0 ? 64 : i == 1 ? 16 : 32) / median(v, 5) * 1e-9;
    }
    printf("variant %s; peaks of %d threads: int8 %.0f, float %.0f, bf16 %.0f GMAC/s\n", sluice_variant(), THREADS, peaks[0], peaks[1], peaks[2]);
    printf("%-8s %5s | %6s %6s %5s | GMAC/s for rows\n", "type", "mode", "GB/s", "read", "share");
    for (int i = 0; i < SLUICE_TYPES; i++) {
        int chosen = argc < 2;
        for (int k = 1; k < argc; k++) {
            chosen |= !strcmp(argv[k], sluice_type_names[i].name);
        }
        for (int mode = 1; chosen && mode >= 0; mode--) {
            const int32_t type = sluice_type_names[i].type;
            const struct sluice_format f = sluice_format_of(type);
            const int64_t row = COLUMNS / f.block * f.bytes, matrices = size / (OUTS * row);
            if (mode == 0 && (sluice_activation_kind(type, 1) == SLUICE_KIND_F32 || !getenv("EXACT"))) {
                continue;
            }
            for (int64_t b = 0; b < 4096; b++) {
                random_block(type, w + b * f.bytes, &seed);
            }
            for (int64_t done = 4096 * f.bytes; done < size; done *= 2) {
                memcpy(w + done, w, (size_t)(done * 2 < size ? done : size - done));
            }
            for (int k = 0; k < THREADS; k++) {
                jobs[k].type = type;
                jobs[k].mode = mode;
                jobs[k].row_bytes = row;
                jobs[k].matrices = matrices;
            }
            int32_t kind = sluice_activation_kind(type, mode);
            sluice_prepare_rows(kind, input, COLUMNS, 256, COLUMNS, x);
            double read[ROUNDS], decode[ROUNDS];
            for (int k = 0; k < ROUNDS; k++) {
                read[k] = run(jobs, READ, 0);
                decode[k] = run(jobs, MATMUL, 1);
            }
            double bytes = (double)(matrices * OUTS * row), r = median(read, ROUNDS), d = median(decode, ROUNDS);
            printf("%-8s %5s | %6.1f %6.1f %4.0f%% |", sluice_type_names[i].name, mode ? "fast" : "exact", bytes / d * 1e-9, bytes / r * 1e-9, 100 * r / d);
            for (int rows = 2; rows <= 256; rows *= rows < 8 ? 2 : rows == 8 ? 8 : 4) {
                if (quick && rows != 8 && rows != 64) {
                    continue;
                }
                int64_t few = matrices < 1024 / rows ? matrices : 1024 / rows;
                for (int k = 0; k < THREADS; k++) {
                    jobs[k].matrices = few;
                }
                for (int k = 0; k < 5; k++) {
                    decode[k] = run(jobs, MATMUL, rows);
                }
                double t = median(decode, 5);
                printf(" %d: %.0f", rows, (double)(few * rows) * OUTS * COLUMNS / t * 1e-9);
                if (rows <= 8) {
                    printf(" (%.0f%% read)", 100 * r * (double)few / (double)matrices / t);
                }
            }
            printf("\n");
            fflush(stdout);
        }
    }
    return 0;
}
