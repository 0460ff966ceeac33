package org.sluice.decode.constraint;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/** Compiles a {@link Syntax} into nodes and moves. */
final class GrammarBuilder {
    static final int NO_COUNTER = -2;
    private static final int MAX_NODES = 400_000;
    private static final int MAX_MOVES = 4 * MAX_NODES;

    private final IntList countMin = new IntList();
    private final IntList countMax = new IntList();
    private final IntList from = new IntList();
    private final IntList kind = new IntList();
    private final IntList low = new IntList();
    private final IntList high = new IntList();
    private final IntList to = new IntList();
    private final BitSet ends = new BitSet();
    private final Map<Syntax.Rule, Integer> rules = new HashMap<>();
    private final Deque<Syntax.Rule> waiting = new ArrayDeque<>();
    /** Bounds of the counter whose loop is being built, and whether there is one. */
    private int min;

    private int max = NO_COUNTER;

    Grammar build(Syntax syntax) {
        int start = call(new Syntax.Rule("the whole", () -> syntax));
        while (!waiting.isEmpty()) {
            Syntax.Rule rule = waiting.remove();
            int first = rules.getOrDefault(rule, 0);
            int end = node();
            ends.set(end);
            add(rule.body(), first, end);
        }
        return new GrammarTrimmer(ends, start, countMin, countMax, from, kind, low, high, to).grammar();
    }

    /** First node of a rule, which will be built if it was not yet. */
    private int call(Syntax.Rule rule) {
        Integer known = rules.get(rule);
        if (known != null) {
            return known;
        }
        int savedMin = min;
        int savedMax = max;
        max = NO_COUNTER;
        int first = node();
        min = savedMin;
        max = savedMax;
        rules.put(rule, first);
        waiting.add(rule);
        return first;
    }

    private int node() {
        if (countMin.size() == MAX_NODES) {
            throw new UnsupportedException("the constraint needs more than " + MAX_NODES
                    + " states; use a smaller schema, smaller enums or smaller lengths");
        }
        countMin.add(min);
        countMax.add(max);
        return countMin.size() - 1;
    }

    private void move(int source, byte how, int first, int last, int destination) {
        if (from.size() == MAX_MOVES) {
            throw new UnsupportedException("the constraint needs more than " + MAX_MOVES
                    + " moves; use a smaller schema, smaller enums or simpler patterns");
        }
        from.add(source);
        kind.add(how);
        low.add(first);
        high.add(last);
        to.add(destination);
    }

    private void silent(int source, int destination) {
        move(source, Grammar.SILENT, 0, 0, destination);
    }

    private void add(Syntax syntax, int begin, int end) {
        switch (syntax) {
            case Syntax.Literal s -> literal(s.bytes(), begin, end);
            case Syntax.Text s -> text(s, begin, end);
            case Syntax.Sequence s -> {
                int at = begin;
                for (int i = 0; i < s.parts().size(); i++) {
                    int next = i + 1 == s.parts().size() ? end : node();
                    add(s.parts().get(i), at, next);
                    at = next;
                }
                if (s.parts().isEmpty()) {
                    silent(begin, end);
                }
            }
            case Syntax.Choice s -> s.options().forEach(option -> add(option, begin, end));
            case Syntax.Repeat s -> repeat(s, begin, end);
            case Syntax.Call s -> move(begin, Grammar.CALL, call(s.rule()), 0, end);
            case Syntax.Fields s -> fields(s, begin, end);
            case Syntax.Free s -> free(s, begin, end);
        }
    }

    private void literal(byte[] bytes, int begin, int end) {
        int at = begin;
        for (int i = 0; i < bytes.length; i++) {
            int next = i + 1 == bytes.length ? end : node();
            move(at, Grammar.BYTES, bytes[i] & 0xFF, bytes[i] & 0xFF, next);
            at = next;
        }
        if (bytes.length == 0) {
            silent(begin, end);
        }
    }

    private void repeat(Syntax.Repeat s, int begin, int end) {
        if (s.min() == 0 && s.max() == Regex.UNBOUNDED) {
            int loop = node();
            silent(begin, loop);
            add(s.body(), loop, loop);
            silent(loop, end);
            return;
        }
        if (max != NO_COUNTER) {
            // a node has one counter: an inner loop gets a rule of its own
            move(begin, Grammar.CALL, call(new Syntax.Rule("loop", () -> s)), 0, end);
            return;
        }
        counting(s.min(), s.max(), () -> {
            int loop = node();
            int body = node();
            int done = node();
            // a first round that must be is entered at once: where the body has no text, nothing leads here
            silent(begin, s.min() > 0 ? body : loop);
            move(loop, Grammar.BELOW, 0, 0, body);
            add(s.body(), body, done);
            move(done, Grammar.RAISE, 0, 0, loop);
            move(loop, Grammar.ENOUGH, 0, 0, end);
        });
    }

    private void counting(int fewest, int most, Runnable build) {
        int savedMin = min;
        int savedMax = max;
        min = fewest;
        max = most;
        build.run();
        min = savedMin;
        max = savedMax;
    }

    private void text(Syntax.Text s, int begin, int end) {
        boolean counted = s.min() > 0 || s.max() != Regex.UNBOUNDED;
        if (!counted) {
            automaton(s.automaton(), s.encoding(), begin, end, false);
        } else if (!s.automaton().isOpen()) {
            // a counter cannot tell whether a pattern can still end in time: the product can
            automaton(s.automaton().ofLength(s.min(), s.max()), s.encoding(), begin, end, false);
        } else if (max != NO_COUNTER) {
            move(begin, Grammar.CALL, call(new Syntax.Rule("text", () -> s)), 0, end);
        } else {
            counting(s.min(), s.max(), () -> automaton(s.automaton(), s.encoding(), begin, end, true));
        }
    }

    private void automaton(CharAutomaton a, Syntax.Encoding encoding, int begin, int end, boolean counted) {
        int[] nodes = new int[a.states()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = node();
        }
        silent(begin, nodes[0]);
        Map<Integer, Integer> raising = new HashMap<>();
        for (int i = 0; i < nodes.length; i++) {
            int source = nodes[i];
            if (counted) {
                source = node();
                move(nodes[i], Grammar.BELOW, 0, 0, source);
            }
            CharWriter writer = new CharWriter(this::node, this::bytes, encoding);
            for (CharAutomaton.Edge e : a.edges(i)) {
                int destination = nodes[e.target()];
                CodePoints set = e.set();
                if (set == null) {
                    silent(nodes[i], destination);
                } else {
                    writer.write(
                            set, source, counted ? raising.computeIfAbsent(destination, this::raising) : destination);
                }
            }
            if (a.accepts(i)) {
                move(nodes[i], counted ? Grammar.ENOUGH : Grammar.SILENT, 0, 0, end);
            }
        }
    }

    private int raising(int destination) {
        int n = node();
        move(n, Grammar.RAISE, 0, 0, destination);
        return n;
    }

    private void bytes(int source, int first, int last, int destination) {
        move(source, Grammar.BYTES, first, last, destination);
    }

    private void fields(Syntax.Fields s, int begin, int end) {
        List<Syntax.Field> fields = s.fields();
        int n = fields.size();
        int[] before = new int[n + 1];
        for (int i = 0; i <= n; i++) {
            before[i] = node();
        }
        int last = node();
        add(s.first(), begin, before[0]);
        add(s.last(), last, end);
        int mandatory = n;
        while (mandatory > 0 && !fields.get(mandatory - 1).required()) {
            mandatory--;
        }
        for (int i = 0; i < n; i++) {
            int after = node();
            add(fields.get(i).syntax(), before[i], after);
            if (!fields.get(i).required()) {
                silent(before[i], before[i + 1]);
            }
            if (i + 1 < n || s.more() != null) {
                add(s.separator(), after, before[i + 1]);
            }
            if (i + 1 >= mandatory) {
                silent(after, last);
            }
        }
        if (s.more() != null) {
            int after = node();
            add(s.more(), before[n], after);
            add(s.separator(), after, before[n]);
            silent(after, last);
        }
        if (mandatory == 0) {
            silent(begin, end);
        }
    }

    private void free(Syntax.Free s, int begin, int end) {
        TextSearch search =
                new TextSearch(s.marks().stream().map(Syntax.Mark::text).toList());
        int[] nodes = new int[search.states()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = node();
        }
        silent(begin, nodes[0]);
        for (int i = 0; i < nodes.length; i++) {
            int mark = search.match(i);
            if (mark >= 0) {
                Syntax next = s.marks().get(mark).next();
                if (next != null) {
                    add(next, nodes[i], end);
                }
                continue;
            }
            int other = 0;
            for (int c : search.characters()) {
                if (c > other) {
                    bytes(nodes[i], other, c - 1, nodes[0]);
                }
                bytes(nodes[i], c, c, nodes[search.next(i, c)]);
                other = c + 1;
            }
            bytes(nodes[i], other, 0xFF, nodes[0]);
            if (s.mayEnd()) {
                silent(nodes[i], end);
            }
        }
    }

    /** Thrown by the trimmer where nothing is left. */
    static InvalidRequestException nothing() {
        return new InvalidRequestException(
                "no text satisfies the constraint: check for bounds out of order, values that"
                        + " exclude each other and recursion that never ends");
    }
}
