package org.sluice.backend;

import java.util.Arrays;
import org.sluice.error.InvalidRequestException;

/**
 * Which rows a step runs: for every sequence that takes part a run of rows, appended behind what it holds, and the rows
 * whose result is wanted. Reusable; filling it again allocates nothing. Not safe for use by several threads.
 *
 * <p>Rows of one sequence are causal: each sees the sequence up to and including itself. Three sequences that decode, one
 * with two drafts to verify, are {@code add(a, 1)}, {@code add(b, 1)}, {@code add(c, 3)}: five rows.
 */
public final class Step {
    private final Sequence[] sequences;
    private final int[] firstRow;
    private final int[] position;
    private final int[] outputRows;
    private final int maxRows;
    private int count;
    private int rows;
    private int outputs;

    /** A step of at most these many rows. */
    public Step(int maxRows) {
        this.maxRows = maxRows;
        sequences = new Sequence[maxRows];
        firstRow = new int[maxRows + 1];
        position = new int[maxRows];
        outputRows = new int[maxRows];
    }

    /** Empties it. */
    public Step clear() {
        Arrays.fill(sequences, 0, count, null);
        count = 0;
        rows = 0;
        outputs = 0;
        return this;
    }

    /**
     * Appends {@code n} rows to a sequence.
     *
     * @return index of the first of them among the step's rows
     * @throws InvalidRequestException where the step has no room, or holds the sequence already
     */
    public int add(Sequence sequence, int n) {
        return add(sequence, n, -1);
    }

    /**
     * Lets {@code n} rows look at a sequence without leaving anything behind: they stand at {@code position} and what follows
     * it, and the graph must not append them. This is how a draft model runs ahead of the tokens that are certain.
     *
     * @return index of the first of them among the step's rows
     * @throws InvalidRequestException where the step has no room, or holds the sequence already
     */
    public int addDetached(Sequence sequence, int n, int position) {
        if (position < 0) {
            throw new InvalidRequestException("rows cannot stand at position " + position);
        }
        return add(sequence, n, position);
    }

    @SuppressWarnings("ReferenceEquality") // a sequence is an identity
    private int add(Sequence sequence, int n, int at) {
        if (n < 1 || n > maxRows - rows) {
            throw new InvalidRequestException(
                    n + " more rows do not fit into a step of " + maxRows + " that holds " + rows);
        }
        for (int i = 0; i < count; i++) {
            if (sequences[i] == sequence) {
                throw new InvalidRequestException("a sequence can take part in a step only once");
            }
        }
        int first = rows;
        sequences[count] = sequence;
        position[count] = at;
        firstRow[count] = first;
        count++;
        rows += n;
        firstRow[count] = rows;
        return first;
    }

    /**
     * Asks for the result of a row.
     *
     * @return index of the result among the step's outputs
     */
    public int want(int row) {
        if (row < 0 || row >= rows || outputs == maxRows) {
            throw new InvalidRequestException("row " + row + " of a step of " + rows + " rows");
        }
        outputRows[outputs] = row;
        return outputs++;
    }

    /** Sequences that take part. */
    public int sequences() {
        return count;
    }

    /** Sequence {@code i}. */
    public Sequence sequence(int i) {
        return sequences[i];
    }

    /** First row of sequence {@code i}; its rows end before {@code firstRow(i + 1)}. */
    public int firstRow(int i) {
        return firstRow[i];
    }

    /** Whether the rows of sequence {@code i} are appended to it. */
    public boolean appends(int i) {
        return position[i] < 0;
    }

    /** Position of the first row of sequence {@code i}. */
    public int firstPosition(int i) {
        return position[i] < 0 ? sequences[i].length() : position[i];
    }

    /** All rows. */
    public int rows() {
        return rows;
    }

    /** Rows whose result is wanted. */
    public int outputs() {
        return outputs;
    }

    /** Row of output {@code i}. */
    public int outputRow(int i) {
        return outputRows[i];
    }
}
