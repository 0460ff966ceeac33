package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes and remembers the frames of a grammar. */
final class Frames {
    private static final Frame.Call[] NO_CALLS = {};
    private static final int MAX_FRAMES = 16_384;
    private static final int MAX_NODES = 4_000_000;

    private final Grammar g;
    private final ByteRanges ranges;
    private final Map<Frame.Key, Frame> known = new HashMap<>();
    private long nodes;

    Frames(Grammar grammar, ByteRanges ranges) {
        g = grammar;
        this.ranges = ranges;
    }

    /** The frame in which the rule beginning at a node begins. */
    Frame first(int node) {
        return frame(List.of(Frame.element(node, 0)));
    }

    Frame step(Frame f, int b) {
        Frame[] next = f.next;
        if (next == null) {
            next = new Frame[256];
            f.next = next;
        }
        Frame to = next[b];
        if (to == null) {
            to = find(f, b);
            ranges.fill(next, b, to);
        }
        return to;
    }

    private Frame find(Frame f, int b) {
        List<Long> reached = new ArrayList<>();
        for (long e : f.nodes) {
            int n = Frame.node(e);
            for (int m = g.offset[n]; m < g.offset[n + 1]; m++) {
                if (g.kind[m] == Grammar.BYTES && b >= g.low[m] && b <= g.high[m]) {
                    reached.add(move(e, m));
                }
            }
        }
        return frame(reached);
    }

    Frame.Call[] calls(Frame f) {
        Frame.Call[] calls = f.calls;
        if (calls == null) {
            calls = findCalls(f);
            f.calls = calls;
        }
        return calls;
    }

    /** One call per rule: wherever in this rule it stands, the rule is read once. */
    private Frame.Call[] findCalls(Frame f) {
        Map<Integer, List<Long>> after = new LinkedHashMap<>();
        for (long e : f.nodes) {
            int n = Frame.node(e);
            for (int m = g.offset[n]; m < g.offset[n + 1]; m++) {
                if (g.kind[m] == Grammar.CALL) {
                    after.computeIfAbsent(g.low[m], k -> new ArrayList<>()).add(move(e, m));
                }
            }
        }
        if (after.isEmpty()) {
            return NO_CALLS;
        }
        List<Frame.Call> calls = new ArrayList<>();
        after.forEach((rule, back) -> calls.add(new Frame.Call(first(rule), frame(back))));
        return calls.toArray(Frame.Call[]::new);
    }

    /** The part of a frame that gets out with at most {@code budget} nested calls. */
    Frame within(Frame f, int budget) {
        List<Long> fitting = new ArrayList<>();
        for (long e : f.nodes) {
            if (g.need[Frame.node(e)] <= budget) {
                fitting.add(e);
            }
        }
        return fitting.size() == f.nodes.length ? f : intern(fitting);
    }

    /**
     * The frame that stands for all that cannot be told from this one within {@code bytes} bytes: counters far from their
     * bounds are put to one value.
     */
    Frame typical(Frame f, int bytes) {
        List<Long> same = null;
        for (int i = 0; i < f.nodes.length; i++) {
            long e = f.nodes[i];
            int n = Frame.node(e);
            if (!g.counts(n)) {
                continue;
            }
            int min = g.countMin[n];
            int max = g.countMax[n];
            int count = Frame.count(e);
            boolean endless = max == Regex.UNBOUNDED;
            int put = count;
            if (count < min && min - count > bytes) {
                put = 0;
            } else if (count > min && !endless && max - count > bytes) {
                put = min;
            }
            if (put != count) {
                if (same == null) {
                    same = new ArrayList<>();
                    for (long other : f.nodes) {
                        same.add(other);
                    }
                }
                same.set(i, Frame.element(n, put));
            }
        }
        return same == null ? f : intern(new ArrayList<>(new HashSet<>(same)));
    }

    /** The element a move leads to. */
    private long move(long e, int m) {
        int to = g.target[m];
        if (!g.counts(to)) {
            return Frame.element(to, 0);
        }
        int count = g.counts(Frame.node(e)) ? Frame.count(e) : 0;
        return Frame.element(to, count);
    }

    /** Follows silent moves and makes the frame. */
    private Frame frame(List<Long> from) {
        if (from.isEmpty()) {
            return Frame.DEAD;
        }
        Set<Long> seen = new HashSet<>(from);
        List<Long> open = new ArrayList<>(seen);
        List<Long> kept = new ArrayList<>();
        while (!open.isEmpty()) {
            long e = open.removeLast();
            int n = Frame.node(e);
            boolean matters = g.ends.get(n);
            for (int m = g.offset[n]; m < g.offset[n + 1]; m++) {
                if (g.kind[m] == Grammar.BYTES || g.kind[m] == Grammar.CALL) {
                    matters = true;
                } else if (isOpen(e, m)) {
                    long to = g.kind[m] == Grammar.RAISE ? raised(e, m) : move(e, m);
                    if (seen.add(to)) {
                        open.add(to);
                    }
                }
            }
            if (matters) {
                kept.add(e);
            }
        }
        return intern(kept);
    }

    private boolean isOpen(long e, int m) {
        int n = Frame.node(e);
        return switch (g.kind[m]) {
            case Grammar.BELOW -> g.countMax[n] == Regex.UNBOUNDED || Frame.count(e) < g.countMax[n];
            case Grammar.ENOUGH -> Frame.count(e) >= g.countMin[n];
            default -> true;
        };
    }

    private long raised(long e, int m) {
        int n = Frame.node(e);
        int limit = g.countMax[n] == Regex.UNBOUNDED ? g.countMin[n] : g.countMax[n];
        return Frame.element(g.target[m], Math.min(limit, Frame.count(e) + 1));
    }

    private Frame intern(List<Long> elements) {
        if (elements.isEmpty()) {
            return Frame.DEAD;
        }
        long[] sorted = new long[elements.size()];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = elements.get(i);
        }
        Arrays.sort(sorted);
        Frame.Key key = new Frame.Key(sorted);
        Frame found = known.get(key);
        if (found != null) {
            return found;
        }
        boolean ends = false;
        boolean reads = false;
        int need = 0;
        for (long e : sorted) {
            int n = Frame.node(e);
            ends |= g.ends.get(n);
            need = Math.max(need, g.need[n]);
            for (int m = g.offset[n]; m < g.offset[n + 1]; m++) {
                reads |= g.kind[m] == Grammar.BYTES;
            }
        }
        Frame made = new Frame(sorted, ends, reads, need);
        known.put(key, made);
        nodes += sorted.length;
        return made;
    }

    boolean isFull() {
        return known.size() > MAX_FRAMES || nodes > MAX_NODES;
    }

    void forget() {
        for (Frame f : known.values()) {
            f.next = null;
            f.calls = null;
            f.mask = null;
        }
        known.clear();
        nodes = 0;
    }

    void forgetMasks() {
        for (Frame f : known.values()) {
            f.mask = null;
        }
    }
}
