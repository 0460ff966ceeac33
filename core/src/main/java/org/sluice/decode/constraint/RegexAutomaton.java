package org.sluice.decode.constraint;

/**
 * Builds the automaton of a regular expression (Thompson 1968). Anchors are exact wherever they stand: the automaton is built
 * once per phase of the text, and an anchor is a silent move that only some phases have.
 */
final class RegexAutomaton {
    /** Nothing was read yet; something was read; nothing may follow; both the first and the last. */
    private static final int FRESH = 0;

    private static final int INSIDE = 1;
    private static final int ENDED = 2;
    private static final int EMPTY = 3;
    private static final int PHASES = 4;

    private final CharAutomaton.Builder out;

    RegexAutomaton(String pattern) {
        out = new CharAutomaton.Builder("pattern '" + pattern + "'");
    }

    CharAutomaton build(Regex regex) {
        int[] begin = states();
        int[] end = add(regex, begin);
        for (int s : end) {
            out.accept(s);
        }
        return out.build();
    }

    private int[] states() {
        int[] s = new int[PHASES];
        for (int i = 0; i < PHASES; i++) {
            s[i] = out.state();
        }
        return s;
    }

    private int[] add(Regex regex, int[] from) {
        return switch (regex) {
            case Regex.Chars r -> {
                int[] to = states();
                out.edge(from[FRESH], r.set(), to[INSIDE]);
                out.edge(from[INSIDE], r.set(), to[INSIDE]);
                yield to;
            }
            case Regex.Begin r -> {
                int[] to = states();
                out.edge(from[FRESH], null, to[FRESH]);
                out.edge(from[EMPTY], null, to[EMPTY]);
                yield to;
            }
            case Regex.End r -> {
                int[] to = states();
                out.edge(from[FRESH], null, to[EMPTY]);
                out.edge(from[INSIDE], null, to[ENDED]);
                out.edge(from[ENDED], null, to[ENDED]);
                out.edge(from[EMPTY], null, to[EMPTY]);
                yield to;
            }
            case Regex.Sequence r -> {
                int[] at = from;
                for (Regex part : r.parts()) {
                    at = add(part, at);
                }
                yield at;
            }
            case Regex.Choice r -> {
                int[] to = states();
                for (Regex option : r.options()) {
                    silent(add(option, from), to);
                }
                yield to;
            }
            case Regex.Repeat r -> repeat(r, from);
        };
    }

    private int[] repeat(Regex.Repeat r, int[] from) {
        int[] at = from;
        for (int i = 0; i < r.min(); i++) {
            at = add(r.body(), at);
        }
        int[] to = states();
        if (r.max() == Regex.UNBOUNDED) {
            int[] loop = states();
            silent(at, loop);
            silent(add(r.body(), loop), loop);
            silent(loop, to);
            return to;
        }
        silent(at, to);
        for (int i = r.min(); i < r.max(); i++) {
            at = add(r.body(), at);
            silent(at, to);
        }
        return to;
    }

    private void silent(int[] from, int[] to) {
        for (int i = 0; i < PHASES; i++) {
            out.edge(from[i], null, to[i]);
        }
    }
}
