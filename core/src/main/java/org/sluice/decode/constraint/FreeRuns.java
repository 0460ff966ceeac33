package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds what may follow a state whatever it is: within a string, say, any letters and digits, up to a number of them. Tokens
 * under a node of the trie that hold nothing else need not be walked through.
 */
final class FreeRuns {
    /** States in which a run may be; with more of them it is given up. */
    private static final int MOST_STATES = 16;

    /**
     * A run.
     *
     * @param classes {@link ByteClasses} of its characters
     * @param length its most characters
     * @param closed whether none of these characters may come behind the longest
     */
    record Run(int classes, int length, boolean closed) {
        static final Run NONE = new Run(0, 0, false);
    }

    private final TextAutomaton automaton;
    private final ByteRanges ranges;
    private final int[] first;
    private final int longest;

    FreeRuns(TextAutomaton automaton, int longest) {
        this.automaton = automaton;
        this.longest = longest;
        ranges = automaton.ranges();
        first = ranges.ascii();
    }

    /** The run that begins in a state. No state within it may leave the frame under {@link CallStack#UNKNOWN}. */
    Run of(TextState state) {
        Run known = state.run;
        if (known == null) {
            int classes = classes(state);
            known = classes == 0 ? Run.NONE : run(state, classes);
            state.run = known;
        }
        return known;
    }

    /** Classes of which every character may come. */
    private int open(TextState state) {
        if (state.open < 0) {
            int open = ByteClasses.ASCII;
            for (int i = 0; i < first.length; i++) {
                if (automaton.step(state, first[i]) == TextState.DEAD) {
                    open &= ~ranges.classes(i);
                }
            }
            state.open = open;
        }
        return state.open;
    }

    /** Open classes whose characters leave all of them open; the one that closes most goes first, as the end of a string does. */
    private int classes(TextState state) {
        int classes = open(state);
        while (true) {
            int worst = 0;
            int most = 0;
            for (int i = 0; i < first.length; i++) {
                if ((ranges.classes(i) & classes) != 0) {
                    TextState to = automaton.step(state, first[i]);
                    int closed = to.exits ? Integer.SIZE + 1 : Integer.bitCount(classes & ~open(to));
                    if (closed > most) {
                        most = closed;
                        worst = ranges.classes(i);
                    }
                }
            }
            if (worst == 0) {
                return classes;
            }
            classes &= ~worst;
        }
    }

    private Run run(TextState state, int classes) {
        List<TextState> now = List.of(state);
        List<TextState> passed = new ArrayList<>();
        for (int length = 0; length < longest; length++) {
            List<TextState> next = next(now, classes);
            if (next.stream().anyMatch(s -> s.exits)) {
                return new Run(classes, length, false);
            }
            if (next.equals(now)) {
                return new Run(classes, longest, false);
            }
            if (next.size() > MOST_STATES || next.stream().anyMatch(s -> (classes & ~open(s)) != 0)) {
                Run found = new Run(classes, length + 1, next.stream().allMatch(s -> isClosed(s, classes)));
                share(found, passed);
                return found;
            }
            now = next;
            passed.add(next.size() == 1 ? next.getFirst() : TextState.DEAD);
        }
        return new Run(classes, longest, false);
    }

    /** States behind one more character of these classes, all of which are open. */
    private List<TextState> next(List<TextState> now, int classes) {
        List<TextState> next = new ArrayList<>();
        for (TextState s : now) {
            for (int i = 0; i < first.length; i++) {
                if ((ranges.classes(i) & classes) != 0) {
                    TextState to = automaton.step(s, first[i]);
                    if (!next.contains(to)) {
                        next.add(to);
                    }
                }
            }
        }
        return next;
    }

    /** A counter's states lie one behind the other: each has the rest of the run. */
    private static void share(Run run, List<TextState> passed) {
        for (int i = 0; i < passed.size(); i++) {
            TextState s = passed.get(i);
            if (s != TextState.DEAD && s.run == null) {
                s.run = new Run(run.classes(), run.length() - i - 1, run.closed());
            }
        }
    }

    private boolean isClosed(TextState state, int classes) {
        for (int i = 0; i < first.length; i++) {
            if ((ranges.classes(i) & classes) != 0 && automaton.step(state, first[i]) != TextState.DEAD) {
                return false;
            }
        }
        return true;
    }
}
