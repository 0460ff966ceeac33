package org.sluice.tests.gpu;

import java.nio.file.Path;
import java.util.List;
import org.sluice.tests.Fixtures;

/**
 * How large measurements are.
 *
 * @param slice description of the model that most is measured on
 * @param large description of the one that fills the device; its layers are as many as fit
 * @param mostLayers layers it has at most
 * @param rows numbers of sequences that decode in a step, one row each
 * @param shallow tokens of context that decoding is measured at; what a repetition adds stays below 4096
 * @param deep tokens of context that it must not get much slower at
 * @param prefill tokens of a prompt
 * @param chunk rows of a step of it
 * @param steps decode steps of a repetition
 * @param repetitions of everything
 * @param warmNanos how long things run before they are measured
 * @param copyBytes bytes of a copy
 * @param productSize extents of both square matrices of a product
 */
record Scale(
        Path slice,
        Path large,
        int mostLayers,
        List<Integer> rows,
        int shallow,
        int deep,
        int prefill,
        int chunk,
        int steps,
        int repetitions,
        long warmNanos,
        long copyBytes,
        int productSize) {
    /** Of a name: {@code full}, or {@code tiny} for the emulated driver, whose figures mean nothing. */
    static Scale of(String name) {
        Path root = Fixtures.repository();
        Path tiny = root.resolve("tests/gpu/tiny.json");
        return switch (name) {
            case "full" ->
                new Scale(
                        root.resolve("benchmarks/slice.json"),
                        root.resolve("tests/gpu/large.json"),
                        78,
                        List.of(1, 8, 32),
                        4032,
                        131_072,
                        8192,
                        2048,
                        64,
                        5,
                        3_000_000_000L,
                        4L << 30,
                        8192);
            case "tiny" -> new Scale(tiny, tiny, 3, List.of(1, 2, 3), 40, 100, 80, 72, 1, 1, 0, 1 << 20, 128);
            default -> throw new IllegalArgumentException("a scale is full or tiny, not " + name);
        };
    }

    int mostRows() {
        return rows.getLast();
    }

    /** Tokens that decoding at a context adds to it at most. */
    int margin() {
        return 2 * steps;
    }

    /** The longest context of the slice. */
    int longest() {
        return Math.max(deep, prefill) + margin();
    }
}
