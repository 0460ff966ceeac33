package org.sluice.decode.constraint;

import java.util.BitSet;
import org.sluice.error.InvalidRequestException;

/**
 * A compiled {@link Syntax}: rules whose nodes are joined by byte ranges, silent moves and calls of rules (a recursive
 * transition network, Woods 1970). Every node can reach the end of its rule: there are no dead ends. Immutable.
 *
 * <p>A node may carry a counter (string lengths, array lengths), which its outgoing moves raise or ask. Counters without an
 * upper bound stop at their lower one.
 */
public final class Grammar {
    /** A move that reads a byte between {@code low} and {@code high}. */
    static final byte BYTES = 0;
    /** A move that reads nothing. */
    static final byte SILENT = 1;
    /** A silent move that raises the counter. */
    static final byte RAISE = 2;
    /** A silent move where the counter is below its upper bound. */
    static final byte BELOW = 3;
    /** A silent move where the counter has reached its lower bound. */
    static final byte ENOUGH = 4;
    /** A move that reads a text of the rule whose first node is {@code low}. */
    static final byte CALL = 5;

    /** Moves of node n are those from {@code offset[n]} to {@code offset[n + 1] − 1}. */
    final int[] offset;

    final byte[] kind;
    final int[] low;
    final int[] high;
    final int[] target;
    /** Bounds of a node's counter; {@code countMax} is −1 without an upper bound and −2 without a counter. */
    final int[] countMin;

    final int[] countMax;
    /** Last nodes of rules. */
    final BitSet ends;

    final int start;
    /** Calls that must at least be nested to get from a node to the end of its rule. */
    final int[] need;

    Grammar(
            int[] offset,
            byte[] kind,
            int[] low,
            int[] high,
            int[] target,
            int[] countMin,
            int[] countMax,
            BitSet ends,
            int start,
            int[] need) {
        this.offset = offset;
        this.kind = kind;
        this.low = low;
        this.high = high;
        this.target = target;
        this.countMin = countMin;
        this.countMax = countMax;
        this.ends = ends;
        this.start = start;
        this.need = need;
    }

    /**
     * Compiles a syntax.
     *
     * @throws InvalidRequestException where it holds no text at all
     * @throws org.sluice.error.UnsupportedException where it is too large
     */
    public static Grammar of(Syntax syntax) {
        return new GrammarBuilder().build(syntax);
    }

    /** Nodes of the automaton; a measure of its size. */
    public int nodes() {
        return need.length;
    }

    boolean counts(int node) {
        return countMax[node] != GrammarBuilder.NO_COUNTER;
    }
}
