package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.UnsupportedException;

/**
 * Runs a grammar over bytes: a pushdown automaton made deterministic while it runs. What it has found out is kept up to a
 * bound, then forgotten as a whole; states in use stay valid. Not safe for use by several threads.
 */
final class TextAutomaton {
    /** Calls nested at most; JSON readers allow several hundred levels. */
    static final int MAX_DEPTH = 256;

    private static final int MAX_STATES = 16_384;
    private static final int MAX_WEIGHT = 400_000;
    private static final int MAX_PARALLEL = 4_096;

    private final Frames frames;
    private final ByteRanges ranges;
    private final Map<CallStack.Key, CallStack> stacks = new HashMap<>();
    private final Map<TextState.Key, TextState> states = new HashMap<>();
    private final int firstNode;
    private @Nullable TextState start;
    private long serial = 2;
    /** Stacks in all remembered states together. */
    private long weight;

    /** @throws UnsupportedException where every text nests too deep */
    TextAutomaton(Grammar grammar) {
        ranges = new ByteRanges(grammar);
        frames = new Frames(grammar, ranges);
        firstNode = grammar.start;
        if (start().isDead()) {
            throw new UnsupportedException("every text of the constraint nests deeper than " + MAX_DEPTH + " levels");
        }
    }

    Frames frames() {
        return frames;
    }

    ByteRanges ranges() {
        return ranges;
    }

    /** Before the first byte. */
    TextState start() {
        if (start == null) {
            CallStack first = stack(frames.first(firstNode), CallStack.BOTTOM);
            start = first == null ? TextState.DEAD : closure(List.of(first));
        }
        return start;
    }

    /** After one more byte, 0..255; {@link TextState#DEAD} where it may not come. */
    TextState step(TextState state, int b) {
        TextState[] next = state.next;
        if (next != null) {
            TextState known = next[b];
            if (known != null) {
                return known;
            }
        }
        return remember(state, b);
    }

    private TextState remember(TextState state, int b) {
        List<CallStack> to = new ArrayList<>(state.stacks.length);
        for (CallStack s : state.stacks) {
            Frame f = frames.step(s.top, b);
            if (f != Frame.DEAD && s.caller != null) {
                CallStack moved = stack(f, s.caller);
                if (moved != null) {
                    to.add(moved);
                }
            }
        }
        TextState found = to.isEmpty() ? TextState.DEAD : closure(to);
        if (state != TextState.DEAD) {
            if (state.next == null) {
                state.next = new TextState[256];
            }
            ranges.fill(state.next, b, found);
        }
        return found;
    }

    /** The state of these stacks, of what they call and of what they return to. */
    TextState closure(List<CallStack> from) {
        Set<CallStack> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<CallStack> open = new ArrayList<>(from);
        List<CallStack> reading = new ArrayList<>();
        boolean accepts = false;
        boolean exits = false;
        while (!open.isEmpty()) {
            CallStack s = open.removeLast();
            if (s == CallStack.BOTTOM) {
                accepts = true;
                continue;
            }
            if (s == CallStack.UNKNOWN) {
                exits = true;
                continue;
            }
            if (!seen.add(s) || s.caller == null) {
                continue;
            }
            if (seen.size() > MAX_PARALLEL) {
                throw new UnsupportedException("the constraint is ambiguous: a text can be read in more than "
                        + MAX_PARALLEL + " ways at once; make the alternatives of anyOf differ earlier");
            }
            if (s.top.reads) {
                reading.add(s);
            }
            if (s.top.ends) {
                open.add(s.caller);
            }
            for (Frame.Call call : frames.calls(s.top)) {
                CallStack caller = isOver(call.after()) ? s.caller : stack(call.after(), s.caller);
                CallStack called = caller == null ? null : stack(call.first(), caller);
                if (called != null) {
                    open.add(called);
                }
            }
        }
        return intern(reading, accepts, exits);
    }

    /** Whether nothing is left to do after a call: then the caller's caller is returned to at once, and recursion stays flat. */
    private static boolean isOver(Frame after) {
        return after.ends && after.nodes.length == 1 && !after.reads;
    }

    /** The state of a single stack without what it calls. */
    TextState only(CallStack stack) {
        return intern(List.of(stack), false, false);
    }

    /** A frame over its callers, or null where it would nest too deep to get out again. */
    @Nullable
    CallStack stack(Frame top, CallStack caller) {
        int depth = caller.depth + 1;
        Frame fitting = depth + top.need > MAX_DEPTH ? frames.within(top, MAX_DEPTH - depth) : top;
        if (fitting == Frame.DEAD) {
            return null;
        }
        return stacks.computeIfAbsent(
                new CallStack.Key(fitting, caller), k -> new CallStack(fitting, caller, depth, serial++));
    }

    private TextState intern(List<CallStack> reading, boolean accepts, boolean exits) {
        if (reading.isEmpty() && !accepts && !exits) {
            return TextState.DEAD;
        }
        CallStack[] all = reading.toArray(CallStack[]::new);
        Arrays.sort(all, (a, b) -> Long.compare(a.serial, b.serial));
        long[] serials = new long[all.length];
        for (int i = 0; i < all.length; i++) {
            serials[i] = all[i].serial;
        }
        TextState.Key key = new TextState.Key(serials, accepts, exits);
        TextState known = states.get(key);
        if (known != null) {
            return known;
        }
        if (states.size() >= MAX_STATES || weight > MAX_WEIGHT || stacks.size() > MAX_WEIGHT || frames.isFull()) {
            forget();
        }
        TextState made = new TextState(all, accepts, exits);
        states.put(key, made);
        weight += all.length;
        return made;
    }

    /** Drops what can be found out again, and cuts what is still in use off from it. */
    void forget() {
        for (TextState s : states.values()) {
            s.next = null;
            s.mask = null;
        }
        states.clear();
        stacks.clear();
        weight = 0;
        start = null;
        frames.forget();
    }

    /** Drops masks only. */
    void forgetMasks() {
        for (TextState s : states.values()) {
            s.mask = null;
        }
        frames.forgetMasks();
    }
}
