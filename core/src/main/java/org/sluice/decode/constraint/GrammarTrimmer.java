package org.sluice.decode.constraint;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;

/**
 * Removes what leads nowhere: nodes from which the end of their rule cannot be reached, and calls of rules without texts.
 * Computes on the way how deep calls must be nested to get out.
 */
final class GrammarTrimmer {
    private static final int NEVER = Integer.MAX_VALUE;

    private final BitSet ends;
    private final int start;
    private final int nodes;
    private final IntList countMin;
    private final IntList countMax;
    private final IntList from;
    private final IntList kind;
    private final IntList low;
    private final IntList high;
    private final IntList to;
    private final int[] need;

    GrammarTrimmer(
            BitSet ends,
            int start,
            IntList countMin,
            IntList countMax,
            IntList from,
            IntList kind,
            IntList low,
            IntList high,
            IntList to) {
        this.ends = ends;
        this.start = start;
        this.nodes = countMin.size();
        this.countMin = countMin;
        this.countMax = countMax;
        this.from = from;
        this.kind = kind;
        this.low = low;
        this.high = high;
        this.to = to;
        need = new int[nodes];
        Arrays.fill(need, NEVER);
    }

    Grammar grammar() {
        spread();
        if (need[start] == NEVER) {
            throw GrammarBuilder.nothing();
        }
        int kept = 0;
        int[] offset = new int[nodes + 1];
        for (int m = 0; m < from.size(); m++) {
            if (isUseful(m)) {
                offset[from.get(m) + 1]++;
                kept++;
            }
        }
        for (int n = 0; n < nodes; n++) {
            offset[n + 1] += offset[n];
        }
        int[] at = offset.clone();
        byte[] kinds = new byte[kept];
        int[] lows = new int[kept];
        int[] highs = new int[kept];
        int[] targets = new int[kept];
        for (int m = 0; m < from.size(); m++) {
            if (isUseful(m)) {
                int i = at[from.get(m)]++;
                kinds[i] = (byte) kind.get(m);
                lows[i] = low.get(m);
                highs[i] = high.get(m);
                targets[i] = to.get(m);
            }
        }
        return new Grammar(
                offset, kinds, lows, highs, targets, countMin.toArray(), countMax.toArray(), ends, start, need);
    }

    private boolean isUseful(int move) {
        if (kind.get(move) == Grammar.BELOW && countMax.get(from.get(move)) == 0) {
            return false;
        }
        return need[to.get(move)] != NEVER && (kind.get(move) != Grammar.CALL || need[low.get(move)] != NEVER);
    }

    /** Lowers {@link #need} from the ends backwards until nothing changes. */
    private void spread() {
        int[] first = new int[nodes];
        int[] next = new int[from.size()];
        int[] firstCall = new int[nodes];
        int[] nextCall = new int[from.size()];
        Arrays.fill(first, -1);
        Arrays.fill(firstCall, -1);
        for (int m = 0; m < from.size(); m++) {
            next[m] = first[to.get(m)];
            first[to.get(m)] = m;
            if (kind.get(m) == Grammar.CALL) {
                nextCall[m] = firstCall[low.get(m)];
                firstCall[low.get(m)] = m;
            }
        }
        Deque<Integer> changed = new ArrayDeque<>();
        ends.stream().forEach(n -> {
            need[n] = 0;
            changed.add(n);
        });
        while (!changed.isEmpty()) {
            int n = changed.remove();
            for (int m = first[n]; m >= 0; m = next[m]) {
                lower(m, changed);
            }
            for (int m = firstCall[n]; m >= 0; m = nextCall[m]) {
                lower(m, changed);
            }
        }
    }

    private void lower(int m, Deque<Integer> changed) {
        int through = need[to.get(m)];
        if (kind.get(m) == Grammar.CALL && through != NEVER) {
            int inner = need[low.get(m)];
            through = inner == NEVER ? NEVER : Math.max(through, inner + 1);
        }
        if (kind.get(m) == Grammar.BELOW && countMax.get(from.get(m)) == 0) {
            return;
        }
        if (through < need[from.get(m)]) {
            need[from.get(m)] = through;
            changed.add(from.get(m));
        }
    }
}
