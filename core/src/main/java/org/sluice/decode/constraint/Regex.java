package org.sluice.decode.constraint;

import java.util.List;

/** A parsed regular expression. */
sealed interface Regex {
    /** Repetitions without a limit. */
    int UNBOUNDED = -1;

    /** One character of a set. */
    record Chars(CodePoints set) implements Regex {}

    /** One after the other; of none, the empty text. */
    record Sequence(List<Regex> parts) implements Regex {}

    /** Any one of these. */
    record Choice(List<Regex> options) implements Regex {}

    /** {@code min} to {@code max} times. */
    record Repeat(Regex body, int min, int max) implements Regex {}

    /** {@code ^}: only at the beginning of the text. */
    record Begin() implements Regex {}

    /** {@code $}: only at the end of the text. */
    record End() implements Regex {}
}
