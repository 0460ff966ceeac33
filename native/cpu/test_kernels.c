/* Norms, gating, rotation, attention, index scores and selection against plain double loops. */
#include "test.h"

static const int64_t lengths[] = {1, 7, 16, 33, 64, 100, 257, 1024};

static void test_norms(void) {
    for (int i = 0; i < 8; i++) {
        int64_t n = lengths[i], rows = 3;
        float *x = random_floats(rows * n), *w = random_floats(n), *b = random_floats(n), *y = malloc((size_t)(rows * n) * 4);
        for (int which = 0; which < 3; which++) {
            if (which == 0) {
                sluice_rms_norm(x, n, w, 1e-5f, rows, n, y, n);
            } else {
                sluice_layer_norm(x, n, w, which == 1 ? b : 0, 1e-6f, rows, n, y, n);
            }
            for (int64_t r = 0; r < rows; r++) {
                double mean = 0, square = 0;
                for (int64_t k = 0; k < n && which; k++) {
                    mean += x[r * n + k] / (double)n;
                }
                for (int64_t k = 0; k < n; k++) {
                    square += (x[r * n + k] - mean) * (x[r * n + k] - mean) / (double)n;
                }
                double factor = 1 / sqrt(square + (which ? 1e-6 : 1e-5));
                for (int64_t k = 0; k < n; k++) {
                    double want = (x[r * n + k] - mean) * factor * w[k] + (which == 1 ? b[k] : 0);
                    /* One element less its mean is nothing but rounding. */
                    double error = n == 1 && which ? 1e-3 : 2e-6 * fabs(want) + 2e-6 * factor;
                    CHECK(fabs(y[r * n + k] - want) <= error, "norm %d of %lld: %g, not %g", which, (long long)n, y[r * n + k], want);
                }
            }
        }
        free(x);
        free(w);
        free(b);
        free(y);
    }
}

static void test_elements(void) {
    for (int i = 0; i < 8; i++) {
        int64_t n = lengths[i];
        float *g = random_floats(n), *u = random_floats(n), *y = malloc((size_t)n * 4), *z = malloc((size_t)n * 4);
        for (int64_t k = 0; k < n; k++) {
            g[k] *= k % 3 == 0 ? 100 : 8;
        }
        sluice_swiglu(g, u, n, y);
        for (int64_t k = 0; k < n; k++) {
            double want = g[k] / (1 + exp(-(double)g[k])) * u[k];
            CHECK(fabs(y[k] - want) <= 6e-7 * fabs(want) + 1e-35, "swiglu of %g, %g: %g, not %g", g[k], u[k], y[k], want);
        }
        /* The same values one at a time, each in lane 0. */
        for (int64_t k = 0; k < n; k++) {
            sluice_swiglu(g + k, u + k, 1, z + k);
        }
        CHECK(!memcmp(y, z, (size_t)n * 4), "swiglu depends on the position");
        sluice_add(g, u, n, y);
        for (int64_t k = 0; k < n; k++) {
            CHECK(y[k] == g[k] + u[k], "add");
        }
        memcpy(y, u, (size_t)n * 4);
        sluice_add_scaled(y, g, 0.3f, n);
        for (int64_t k = 0; k < n; k++) {
            double want = u[k] + (double)0.3f * g[k];
            CHECK(fabs(y[k] - want) <= 2e-7 * (fabs(u[k]) + fabs(g[k])), "add scaled: %g, not %g", y[k], want);
        }
        int64_t best = 0;
        for (int64_t k = 1; k < n; k++) {
            best = u[k] > u[best] ? k : best;
        }
        CHECK(sluice_arg_max(u, n) == best, "arg max of %lld", (long long)n);
        free(g);
        free(u);
        free(y);
        free(z);
    }
    float ties[] = {-0.0f, 0.0f, -1, NAN}, nans[] = {NAN, -INFINITY, NAN};
    CHECK(sluice_arg_max(ties, 4) == 0, "zeros tie");
    CHECK(sluice_arg_max(nans, 3) == 1, "NaN is smallest");
    CHECK(sluice_arg_max(nans, 0) == -1, "nothing has no largest");
}

static void test_rope(void) {
    float *x = random_floats(3 * 70), before[210], c[32], s[32];
    memcpy(before, x, sizeof before);
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        for (int i = 0; i < 32; i++) {
            c[i] = cosf((float)i);
            s[i] = sinf((float)i);
        }
        memcpy(x, before, sizeof before);
        sluice_rope(x, 70, 3, 32, c, s, interleaved);
        for (int v = 0; v < 3; v++) {
            for (int i = 0; i < 32; i++) {
                int p = 70 * v + (interleaved ? 2 * i : i), q = interleaved ? p + 1 : p + 32;
                CHECK(fabs(x[p] - ((double)before[p] * c[i] - (double)before[q] * s[i])) < 2e-7, "rope first");
                CHECK(fabs(x[q] - ((double)before[p] * s[i] + (double)before[q] * c[i])) < 2e-7, "rope second");
            }
            for (int i = 64; i < 70; i++) {
                CHECK(x[70 * v + i] == before[70 * v + i], "rope leaves the rest alone");
            }
        }
    }
    free(x);
}

/* A paged cache of random rows, with their values beside it. */
struct cache {
    struct sluice_pages pages;
    uint8_t *memory[64];
    double *values;
    int64_t width;
};

/* Bytes of a page before its rows. */
enum { OFFSET = 192 };

static void fill_cache(struct cache *c, int64_t format, int64_t latent, int64_t rope, int64_t count, int shift) {
    c->width = latent + rope;
    c->values = malloc((size_t)(count * c->width) * sizeof(double));
    int64_t bytes = format == SLUICE_CACHE_F32 ? 4 * c->width : format == SLUICE_CACHE_BF16 ? 2 * c->width : latent + latent / 128 * 4 + 2 * rope;
    int64_t pages = (count + (1 << shift) - 1) >> shift;
    for (int64_t i = 0; i < pages; i++) {
        c->memory[i] = guarded(OFFSET + ((size_t)bytes << shift), 0);
    }
    c->pages = (struct sluice_pages){(const void *const *)c->memory, shift, bytes, format, OFFSET};
    for (int64_t s = 0; s < count; s++) {
        uint8_t *row = c->memory[s >> shift] + OFFSET + (s & ((1 << shift) - 1)) * bytes;
        double *v = c->values + s * c->width;
        for (int64_t k = 0; k < c->width; k++) {
            if (format == SLUICE_CACHE_F32) {
                random_block(SLUICE_F32, row + 4 * k, &seed);
                v[k] = formula(SLUICE_F32, row + 4 * k, 0);
            } else if (format == SLUICE_CACHE_BF16) {
                random_block(SLUICE_BF16, row + 2 * k, &seed);
                v[k] = formula(SLUICE_BF16, row + 2 * k, 0);
            } else if (k < latent) {
                float scale = 0.01f * (float)(1 + (s + k / 128) % 7);
                memcpy(row + latent + 4 * (k / 128), &scale, 4);
                random_block(SLUICE_F8_E4M3, row + k, &seed);
                v[k] = formula(SLUICE_F8_E4M3, row + k, 0) * scale;
            } else {
                uint8_t *p = row + latent + latent / 128 * 4 + 2 * (k - latent);
                random_block(SLUICE_BF16, p, &seed);
                v[k] = formula(SLUICE_BF16, p, 0);
            }
        }
    }
}

static void free_cache(struct cache *c, int64_t count) {
    int64_t pages = (count + ((int64_t)1 << c->pages.page_shift) - 1) >> c->pages.page_shift;
    for (int64_t i = 0; i < pages; i++) {
        guarded_free(c->memory[i], OFFSET + ((size_t)c->pages.row_bytes << c->pages.page_shift), 0);
    }
    free(c->values);
}

static void attend(int32_t mode, int64_t format, int64_t latent, int64_t rope, int64_t heads, int64_t count, int selected, float scale) {
    enum { CACHED = 500 };
    struct cache c;
    fill_cache(&c, format, latent, rope, CACHED, 4);
    int64_t width = latent + rope;
    float *q = random_floats(heads * width), *out = malloc((size_t)(heads * latent) * 4), *parts = malloc((size_t)(heads * latent) * 4);
    int32_t selection[CACHED];
    for (int64_t i = 0, s = CACHED - count; i < count; i++) {
        selection[i] = selected ? (int32_t)(s++) : (int32_t)i;
    }
    uint8_t *scratch = guarded((size_t)sluice_scratch_bytes(), 0);
    sluice_latent_attention(mode, q, width, &c.pages, selected ? selection : 0, count, latent, rope, scale, 0, heads, out, latent, scratch);
    for (int64_t h = 0; h < heads; h++) {
        double p[CACHED], most = -INFINITY, sum = 0, length = 0;
        for (int64_t i = 0; i < count; i++) {
            double dot = 0, squares = 0;
            for (int64_t k = 0; k < width; k++) {
                double product = q[h * width + k] * c.values[selection[i] * width + k];
                dot += product;
                squares += product * product;
            }
            p[i] = dot * scale;
            most = fmax(most, p[i]);
            length = fmax(length, sqrt(squares) * scale);
        }
        /* Rounding to bf16 moves each product by up to 2^-8 either way, at random, and a score moves its probability by as much. */
        const double bound = mode == SLUICE_EXACT ? 2e-5 : 0x1p-7 + 4 * 0x1p-8 * length;
        for (int64_t i = 0; i < count; i++) {
            sum += p[i] = exp(p[i] - most);
        }
        for (int64_t k = 0; k < latent; k++) {
            double want = 0, magnitude = 0;
            for (int64_t i = 0; i < count; i++) {
                want += p[i] / sum * c.values[selection[i] * width + k];
                magnitude += p[i] / sum * fabs(c.values[selection[i] * width + k]);
            }
            CHECK(fabs(out[h * latent + k] - want) <= bound * magnitude + 1e-12, "attention format %lld, %lld+%lld, %lld positions, head %lld, %lld: %g, not %g",
                  (long long)format, (long long)latent, (long long)rope, (long long)count, (long long)h, (long long)k, out[h * latent + k], want);
        }
    }
    for (int64_t h = 0, n; h < heads; h += n) {
        n = 1 + (int64_t)(random_bits(&seed) % 5);
        n = n < heads - h ? n : heads - h;
        sluice_latent_attention(mode, q, width, &c.pages, selected ? selection : 0, count, latent, rope, scale, h, h + n, parts, latent, scratch);
    }
    CHECK(!memcmp(out, parts, (size_t)(heads * latent) * 4), "attention depends on the split over heads");
    if (!selected) {
        sluice_latent_attention(mode, q, width, &c.pages, selection, count, latent, rope, scale, 0, heads, parts, latent, scratch);
        CHECK(!memcmp(out, parts, (size_t)(heads * latent) * 4), "selecting everything differs from no selection");
    }
    guarded_free(scratch, (size_t)sluice_scratch_bytes(), 0);
    free(q);
    free(out);
    free(parts);
    free_cache(&c, CACHED);
}

static void test_index_scores(int64_t format, int64_t heads, int64_t width, int64_t count) {
    struct cache c;
    fill_cache(&c, format, width, 0, count, 4);
    float *q = random_floats(heads * width), *w = random_floats(heads), *scores = random_floats(count), *parts = random_floats(count);
    uint8_t *scratch = guarded((size_t)sluice_scratch_bytes(), 0);
    sluice_index_scores(q, w, heads, width, 0.25f, &c.pages, 0, count, scores, scratch);
    for (int64_t s = 0; s < count; s++) {
        double want = 0, magnitude = 0;
        for (int64_t h = 0; h < heads; h++) {
            double dot = 0, sum = 0;
            for (int64_t k = 0; k < width; k++) {
                dot += q[h * width + k] * c.values[s * width + k];
                sum += fabs(q[h * width + k] * c.values[s * width + k]);
            }
            want += w[h] * fmax(0, dot) * 0.25;
            magnitude += fabs(w[h]) * sum * 0.25;
        }
        CHECK(fabs(scores[s] - want) <= 2e-6 * magnitude, "index score %lld: %g, not %g", (long long)s, scores[s], want);
    }
    for (int64_t s = 0, n; s < count; s += n) {
        n = 1 + (int64_t)(random_bits(&seed) % 50);
        n = n < count - s ? n : count - s;
        sluice_index_scores(q, w, heads, width, 0.25f, &c.pages, s, s + n, parts, scratch);
    }
    CHECK(!memcmp(scores, parts, (size_t)count * 4), "index scores depend on the split");
    guarded_free(scratch, (size_t)sluice_scratch_bytes(), 0);
    free(q);
    free(w);
    free(scores);
    free(parts);
    free_cache(&c, count);
}

static void test_top_k(void) {
    uint8_t *scratch = aligned(sluice_scratch_bytes());
    for (int round = 0; round < (brief ? 40 : 42); round++) {
        /* The last rounds are too long for the way that few scores go. */
        int64_t count = (round < 40 ? 1 : 8193) + (int64_t)(random_bits(&seed) % 700), k = (int64_t)(random_bits(&seed) % 800);
        float *x = random_floats(count);
        int32_t *got = malloc((size_t)(k + count) * 4);
        for (int64_t i = 0; i < count; i++) {
            x[i] = round % 4 == 0 ? (float)(int)(x[i] * 3) : round % 4 == 1 ? x[i] * 1e-30f : x[i];
            if (random_bits(&seed) % 50 == 0) {
                x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -INFINITY : INFINITY;
            }
        }
        int64_t want = k < count ? k : count, n = sluice_select_top_k(x, count, k, got, scratch);
        CHECK(n == want, "top %lld of %lld gives %lld", (long long)k, (long long)count, (long long)n);
        for (int64_t i = 0, j = 0; i < count; i++) {
            /* Elements that go before this one: larger, or equal and earlier. */
            int64_t before = 0;
            for (int64_t m = 0; m < count; m++) {
                before += isnan(x[m]) ? isnan(x[i]) && m < i : isnan(x[i]) || x[m] > x[i] || (x[m] == x[i] && m < i);
            }
            int in = j < n && got[j] == i;
            j += in;
            CHECK(in == (before < k), "top %lld of %lld: index %lld", (long long)k, (long long)count, (long long)i);
        }
        free(x);
        free(got);
    }
    free(scratch);
}

void test_kernels(void) {
    test_norms();
    test_elements();
    test_rope();
    attend(SLUICE_EXACT, SLUICE_CACHE_F32, 512, 64, brief ? 5 : 33, 200, 0, 0.0625f);
    attend(SLUICE_EXACT, SLUICE_CACHE_F32, 8, 2, 3, 17, 1, 1);
    attend(SLUICE_EXACT, SLUICE_CACHE_F32, 72, 10, 5, 16, 0, 3);
    attend(SLUICE_EXACT, SLUICE_CACHE_BF16, 64, 16, 7, 133, 1, 0.5f);
    attend(SLUICE_EXACT, SLUICE_CACHE_BF16, 512, 64, 4, 1, 1, 0.0625f);
    attend(SLUICE_EXACT, SLUICE_CACHE_FP8, 256, 24, 6, 90, 1, 0.5f);
    attend(SLUICE_EXACT, SLUICE_CACHE_FP8, 512, 64, 4, 50, 0, 0.5f);
    attend(SLUICE_EXACT, SLUICE_CACHE_F32, 64, 8, 3, 0, 0, 1);
    attend(SLUICE_FAST, SLUICE_CACHE_F32, 512, 64, brief ? 5 : 67, 200, 0, 0.0625f);
    attend(SLUICE_FAST, SLUICE_CACHE_F32, 8, 2, 3, 17, 1, 1);
    attend(SLUICE_FAST, SLUICE_CACHE_F32, 72, 10, 13, 33, 0, 0.1f);
    attend(SLUICE_FAST, SLUICE_CACHE_F32, 72, 10, 5, 1, 0, 3);
    attend(SLUICE_FAST, SLUICE_CACHE_BF16, 64, 16, 7, 133, 1, 0.1f);
    attend(SLUICE_FAST, SLUICE_CACHE_FP8, 256, 24, 6, 90, 1, 0.1f);
    attend(SLUICE_FAST, SLUICE_CACHE_F32, 64, 8, 3, 0, 0, 1);
    test_index_scores(SLUICE_CACHE_F32, 32, 128, 101);
    test_index_scores(SLUICE_CACHE_BF16, 5, 36, 70);
    test_index_scores(SLUICE_CACHE_BF16, 70, 300, 33);
    test_top_k();
}
