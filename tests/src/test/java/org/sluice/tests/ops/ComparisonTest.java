package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The comparison itself: wrong results must fail, and bounds must not be so wide that nothing can. */
class ComparisonTest {
    /** A wrong element of exact results, relative to the largest of its row: far more than float32 loses, less than any mistake. */
    private static final double EXACT_MISTAKE = 1e-3;
    /** The same where activations are rounded to 8 bits. */
    private static final double FAST_MISTAKE = 0.5;

    @TestFactory
    Stream<DynamicTest> aWrongElementIsSeen() {
        return OpCaseTest.ALL.stream()
                .map(ops -> DynamicTest.dynamicTest(ops.op().getSimpleName(), () -> {
                    Count count = new Count();
                    List<OpCase> cases = ops.cases();
                    for (int i = 0; i < cases.size(); i += Math.max(1, cases.size() / 12)) {
                        spoil(cases.get(i), count);
                    }
                    assertThat(count.spoiled)
                            .as("outputs that could be spoiled")
                            .isPositive();
                    // a sum that nearly cancels, or the layer norm of a row that hardly varies, amplifies every
                    // rounding: there
                    // a mistake may hide
                    double least = ops instanceof LayerNormCases ? 0.7 : 0.85;
                    assertThat((double) count.seen).isGreaterThanOrEqualTo(least * count.spoiled);
                }));
    }

    private static final class Count {
        private int spoiled;
        private int seen;
    }

    /** Changes one element of each output of the last step and counts for how many that is possible and is seen. */
    private static void spoil(OpCase c, Count count) {
        List<Map<String, Data>> reference = OpCaseTest.reference(c);
        int run = reference.size() - 1;
        Map<String, Data> good = reference.get(run);
        for (Arithmetic a : Arithmetic.values()) {
            assertThatCode(() -> check(c, run, a, good, good)).as(c.name()).doesNotThrowAnyException();
        }
        for (Map.Entry<String, Data> e : good.entrySet()) {
            for (Arithmetic a : Arithmetic.values()) {
                Map<String, Data> bad = new HashMap<>(good);
                if (spoil(e.getValue(), a, e.getKey(), bad)) {
                    count.spoiled++;
                    try {
                        check(c, run, a, good, bad);
                    } catch (AssertionError expected) {
                        count.seen++;
                    }
                }
            }
        }
    }

    private static boolean spoil(Data d, Arithmetic a, String name, Map<String, Data> into) {
        switch (d) {
            case Data.Ints i -> {
                int[] v = i.values().clone();
                if (v.length == 0) {
                    return false;
                }
                v[v.length / 2] += 1 << 20;
                into.put(name, new Data.Ints(v));
            }
            case Data.Floats f -> {
                float[] v = f.values().clone();
                int at = 0;
                for (int i = 0; i < v.length; i++) {
                    at = Float.isFinite(v[i]) && Math.abs(v[i]) > Math.abs(v[at]) ? i : at;
                }
                if (v.length == 0 || v[at] == 0 || !Float.isFinite(v[at])) {
                    return false;
                }
                v[at] *= (float) (1 + (a == Arithmetic.EXACT ? EXACT_MISTAKE : FAST_MISTAKE));
                into.put(name, new Data.Floats(v));
            }
        }
        return true;
    }

    private static void check(OpCase c, int run, Arithmetic a, Map<String, Data> reference, Map<String, Data> got) {
        c.expectations().forEach(e -> e.check(run, a, reference, got));
    }

    @Test
    void numbersThatAreNoneFail() {
        float[] want = {1, 0, Float.NEGATIVE_INFINITY};
        Expect e = Expect.near("y", (run, a) -> new double[] {1e-3, 0, 0});
        near(e, want, 1.0005f, -0f, Float.NEGATIVE_INFINITY);
        for (float[] got : List.of(
                new float[] {1.002f, 0, Float.NEGATIVE_INFINITY},
                new float[] {Float.NaN, 0, Float.NEGATIVE_INFINITY},
                new float[] {1, 1e-30f, Float.NEGATIVE_INFINITY},
                new float[] {1, 0, Float.POSITIVE_INFINITY},
                new float[] {1, 0, -3e38f},
                new float[] {1, 0, Float.NaN},
                new float[] {1, 0})) {
            assertThatThrownBy(() -> near(e, want, got)).isInstanceOf(AssertionError.class);
        }
    }

    private static void near(Expect e, float[] want, float... got) {
        e.check(0, Arithmetic.EXACT, Map.of("y", new Data.Floats(want)), Map.of("y", new Data.Floats(got)));
    }

    @Test
    void selectionsMayOnlyExchangeWhatCannotBeToldApart() {
        // positions 1 and 4 are within the error of each other, 2 and 5 are equal exactly
        double[] scores = {9, 3.0001, 1, -2, 3.0002, 1};
        double[] errors = {0, 1e-3, 0, 1e-3, 1e-3, 0};
        Expect two = Expect.selection("s", 2, (run, row, a) -> new Products.Bounded(scores, errors));
        selected(two, new int[] {0, 4}, 0, 4);
        selected(two, new int[] {0, 4}, 0, 1);
        for (int[] got :
                List.of(new int[] {0, 2}, new int[] {1, 4}, new int[] {4, 0}, new int[] {0, -1}, new int[] {0})) {
            assertThatThrownBy(() -> selected(two, new int[] {0, 4}, got)).isInstanceOf(AssertionError.class);
        }
        Expect four = Expect.selection("s", 4, (run, row, a) -> new Products.Bounded(scores, errors));
        assertThatThrownBy(() -> selected(four, new int[] {0, 1, 2, 4}, 0, 1, 4, 5))
                .isInstanceOf(AssertionError.class);
    }

    private static void selected(Expect e, int[] want, int... got) {
        e.check(0, Arithmetic.EXACT, Map.of("s", new Data.Ints(want)), Map.of("s", new Data.Ints(got)));
    }
}
