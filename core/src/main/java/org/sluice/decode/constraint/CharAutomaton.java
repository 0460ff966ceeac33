package org.sluice.decode.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.sluice.error.UnsupportedException;

/**
 * A nondeterministic automaton over characters: what a regular expression means before it is written in bytes. State 0 is the
 * first. Immutable.
 */
public final class CharAutomaton {
    /** A pattern of this many states is a mistake or an attack. */
    static final int MAX_STATES = 50_000;

    /** A move; without characters it is taken silently. */
    record Edge(@Nullable CodePoints set, int target) {}

    private final List<List<Edge>> edges;
    private final BitSet accepting;

    private CharAutomaton(List<List<Edge>> edges, BitSet accepting) {
        this.edges = edges;
        this.accepting = accepting;
    }

    /** Any text. */
    public static CharAutomaton anything() {
        Builder b = new Builder("text");
        int s = b.state();
        b.edge(s, CodePoints.ALL, s);
        b.accept(s);
        return b.build();
    }

    /** Texts that match a pattern as a whole. */
    public static CharAutomaton matching(String pattern) {
        return new RegexAutomaton(pattern).build(RegexParser.parse(pattern));
    }

    /** Texts that hold a match somewhere, as JSON Schema's {@code pattern} asks. */
    public static CharAutomaton containing(String pattern) {
        Regex any = new Regex.Repeat(new Regex.Chars(CodePoints.ALL), 0, Regex.UNBOUNDED);
        return new RegexAutomaton(pattern).build(new Regex.Sequence(List.of(any, RegexParser.parse(pattern), any)));
    }

    int states() {
        return edges.size();
    }

    List<Edge> edges(int state) {
        return edges.get(state);
    }

    boolean accepts(int state) {
        return accepting.get(state);
    }

    /** Whether texts of every length are accepted, and every accepted text is the beginning of longer ones. */
    boolean isOpen() {
        if (accepting.cardinality() != edges.size()) {
            return false;
        }
        return edges.stream().allMatch(out -> out.stream().anyMatch(e -> e.set() != null));
    }

    /** The texts of this automaton in which none of {@code texts} occurs. */
    public CharAutomaton without(List<String> texts) {
        if (texts.isEmpty()) {
            return this;
        }
        TextSearch search = new TextSearch(texts);
        return product(
                "text without " + texts,
                0,
                (from, set, next) -> {
                    CodePoints rest = set;
                    for (int c : search.characters()) {
                        CodePoints here = set.intersect(CodePoints.of(c));
                        if (!here.isEmpty()) {
                            rest = rest.minus(here);
                            int to = search.next(from, c);
                            if (!search.isMatch(to)) {
                                next.move(here, to);
                            }
                        }
                    }
                    if (!rest.isEmpty()) {
                        next.move(rest, 0);
                    }
                },
                aside -> true);
    }

    /** The texts of this automaton that have between {@code min} and {@code max} characters. */
    public CharAutomaton ofLength(int min, int max) {
        boolean unbounded = max == Regex.UNBOUNDED;
        int most = unbounded ? min : max;
        return product(
                "text of " + min + " to " + (unbounded ? "any number of" : max) + " characters",
                0,
                (from, set, next) -> {
                    if (from < most) {
                        next.move(set, from + 1);
                    } else if (unbounded) {
                        next.move(set, from);
                    }
                },
                length -> length >= min);
    }

    /** The texts of this automaton that do not begin with one of these characters. */
    CharAutomaton notBeginningWith(CodePoints first) {
        return first.isEmpty()
                ? this
                : product(
                        "text",
                        0,
                        (from, set, next) -> next.move(from == 0 ? set.minus(first) : set, 1),
                        aside -> true);
    }

    private interface Moves {
        void move(CodePoints set, int aside);
    }

    private interface Aside {
        void moves(int from, CodePoints set, Moves next);
    }

    /** This automaton and another one, which is deterministic, side by side. */
    private CharAutomaton product(String what, int start, Aside aside, IntPredicate accept) {
        Builder b = new Builder(what);
        Map<Long, Integer> ids = new HashMap<>();
        Deque<Long> open = new ArrayDeque<>();
        LongFunction<Integer> id = key -> ids.computeIfAbsent(key, k -> {
            open.add(k);
            return b.state();
        });
        open.add((long) start);
        ids.put((long) start, b.state());
        while (!open.isEmpty()) {
            long key = open.remove();
            int state = (int) (key >>> 32);
            int other = (int) key;
            int from = id.apply(key);
            if (accepts(state) && accept.test(other)) {
                b.accept(from);
            }
            for (Edge e : edges(state)) {
                long to = (long) e.target() << 32;
                if (e.set() == null) {
                    b.edge(from, null, id.apply(to | other));
                } else {
                    aside.moves(other, e.set(), (set, next) -> b.edge(from, set, id.apply(to | next)));
                }
            }
        }
        return b.build();
    }

    /** Whether a whole text is accepted; for checks of short texts. */
    public boolean accepts(String text) {
        BitSet now = closure(0, new BitSet());
        for (int c : text.codePoints().toArray()) {
            BitSet next = new BitSet();
            now.stream().forEach(s -> {
                for (Edge e : edges.get(s)) {
                    if (e.set() != null && e.set().contains(c)) {
                        closure(e.target(), next);
                    }
                }
            });
            now = next;
        }
        return now.intersects(accepting);
    }

    private BitSet closure(int state, BitSet into) {
        Deque<Integer> open = new ArrayDeque<>(List.of(state));
        while (!open.isEmpty()) {
            int s = open.pop();
            if (!into.get(s)) {
                into.set(s);
                for (Edge e : edges.get(s)) {
                    if (e.set() == null) {
                        open.push(e.target());
                    }
                }
            }
        }
        return into;
    }

    /** Puts states and edges together. */
    static final class Builder {
        private final String what;
        private final List<List<Edge>> edges = new ArrayList<>();
        private final BitSet accepting = new BitSet();

        /** @param what names the automaton in errors */
        Builder(String what) {
            this.what = what;
        }

        int state() {
            if (edges.size() == MAX_STATES) {
                throw new UnsupportedException(
                        what + " needs more than " + MAX_STATES + " states; use smaller repetition counts or lengths");
            }
            edges.add(new ArrayList<>(2));
            return edges.size() - 1;
        }

        void edge(int from, @Nullable CodePoints set, int to) {
            if (set == null || !set.isEmpty()) {
                edges.get(from).add(new Edge(set, to));
            }
        }

        void accept(int state) {
            accepting.set(state);
        }

        CharAutomaton build() {
            return new CharAutomaton(edges, accepting);
        }
    }
}
