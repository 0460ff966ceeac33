package org.sluice.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in the place of a draft follows the model's distribution, whatever the drafts' distribution is. */
class RejectionSamplingTest {
    private static final int VOCABULARY = 12;
    private static final int DRAWS = 60_000;

    @ParameterizedTest
    @CsvSource({
        // temperature, top-k, top-p, min-p, repetition penalty, draft vocabulary, how far q is from p
        "1, 0, 1, 0, 1, 12, 2",
        "0.7, 0, 0.9, 0, 1, 12, 1",
        "1.5, 5, 1, 0, 1, 12, 3",
        "1, 0, 1, 0.1, 1.3, 12, 1",
        "1, 0, 1, 0, 1, 5, 1",
        "1, 0, 0.95, 0, 1, 12, 0",
    })
    void followsTheTarget(
            double temperature, int topK, double topP, double minP, double penalty, int draftVocabulary, double far) {
        SamplerOptions options = new SamplerOptions(temperature, topK, topP, minP, penalty, 77);
        SplittableRandom random = new SplittableRandom(31);
        float[] p = new float[VOCABULARY];
        float[] q = new float[draftVocabulary];
        for (int t = 0; t < VOCABULARY; t++) {
            p[t] = (float) random.nextGaussian();
            if (t < draftVocabulary) {
                q[t] = (float) (p[t] + far * random.nextGaussian());
            }
        }
        Sampler sampler = new Sampler(options, VOCABULARY);
        sampler.see(2);
        sampler.see(7);
        double[] expected = new double[VOCABULARY];
        Distribution target = sampler.distribution(MemorySegment.ofArray(p), 0);
        for (int t = 0; t < VOCABULARY; t++) {
            expected[t] = target.probability(t);
        }
        RejectionSampling rule = new RejectionSampling(sampler);
        int[] drawn = new int[VOCABULARY];
        int accepted = 0;
        for (int i = 0; i < DRAWS; i++) {
            rule.begin();
            int draft = rule.pick(0, MemorySegment.ofArray(q));
            assertThat(rule.drew(0)).isTrue();
            assertThat(rule.drew(1)).isFalse();
            int stands = rule.check(0, draft, MemorySegment.ofArray(p), 0);
            accepted += stands == draft ? 1 : 0;
            drawn[stands]++;
        }
        double chiSquare = 0;
        int cells = 0;
        for (int t = 0; t < VOCABULARY; t++) {
            if (expected[t] == 0) {
                assertThat(drawn[t]).isZero();
            } else {
                double e = expected[t] * DRAWS;
                chiSquare += (drawn[t] - e) * (drawn[t] - e) / e;
                cells++;
            }
        }
        // 99.99 % quantile of 11 degrees of freedom, an upper bound for fewer
        assertThat(chiSquare).isLessThan(cells == 1 ? 1e-9 : 37.4);
        if (far == 0) {
            assertThat(accepted).isEqualTo(DRAWS);
        } else {
            assertThat(accepted).isBetween(DRAWS / 20, DRAWS - 1);
        }
    }
}
