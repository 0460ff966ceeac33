package org.sluice.tests.ops;

import java.util.List;
import java.util.Map;

/** What a script does to a program. Sequences are numbers; the first mention opens one. */
sealed interface Action {
    /** Rows appended to one sequence. */
    record Part(int sequence, int rows) {}

    /**
     * One step.
     *
     * @param parts the sequences that take part, in the order of their rows
     * @param wanted rows whose result is wanted, in order
     * @param inputs what the graph's inputs hold
     */
    record Run(List<Part> parts, int[] wanted, Map<String, Data> inputs) implements Action {
        /** All rows of the step. */
        int rows() {
            return parts.stream().mapToInt(Part::rows).sum();
        }
    }

    /** Forgets the end of a sequence. */
    record Truncate(int sequence, int length) implements Action {}

    /** Opens {@code to} as a copy of the start of {@code from}. */
    record Fork(int from, int length, int to) implements Action {}

    /** Gives a sequence back. */
    record Close(int sequence) implements Action {}
}
