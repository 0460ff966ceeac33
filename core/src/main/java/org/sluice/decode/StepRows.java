package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;

/**
 * What one answer asks of the next steps. Filled by the answer; while it waits, whoever leads the step reads and changes it
 * under the queue's lock.
 */
final class StepRows {
    /** What became of a request. */
    enum State {
        /** Nothing yet. */
        WAITING,
        /** {@link #granted} rows were computed. */
        DONE,
        /** Nothing was computed, see {@link #failure}. */
        FAILED,
        /** Nothing was computed, and the sequence was emptied in favour of an older answer: start over. */
        PREEMPTED,
        /** Nothing was computed, because nobody wants it any more. */
        CANCELLED
    }

    final Condition changed;
    /** Order of beginnings; older answers come first where memory is short. */
    final long age;

    final StepRunner runner;
    final Sequence sequence;
    int[] ids = {};
    int from;
    int to;
    int wantFrom;
    /** Whether a part of the rows is of no use: a decode step is whole, a prefill is not. */
    boolean whole;

    MemorySegment logits = MemorySegment.NULL;

    @Nullable
    MemorySegment hidden;

    /** Rows that the step computes, from {@link #from} on. */
    int granted;

    /** Changed under the queue's lock only. */
    State state = State.DONE;
    /** What the running step has made of it; becomes its state when the whole step is over. */
    State outcome = State.DONE;

    @Nullable
    RuntimeException failure;

    /** Whether others have stopped waiting for it. */
    boolean late;
    /** Whether it waits for memory that another answer holds. */
    boolean parked;
    /** Whether the running step computes it. */
    boolean computing;
    /** Whether nobody wants what it asks for. */
    boolean cancelled;

    StepRows(StepRunner runner, Sequence sequence, Condition changed, long age) {
        this.runner = runner;
        this.sequence = sequence;
        this.changed = changed;
        this.age = age;
    }

    /**
     * Asks for tokens {@code from} to {@code to−1} behind the sequence.
     *
     * @param wantFrom logits are wanted of the rows from this token on
     * @param logits receives them, F32 rows
     * @param hidden receives the hidden states of all rows, or null
     */
    StepRows ask(
            int[] ids,
            int from,
            int to,
            int wantFrom,
            boolean whole,
            MemorySegment logits,
            @Nullable MemorySegment hidden) {
        this.ids = ids;
        this.from = from;
        this.to = to;
        this.wantFrom = wantFrom;
        this.whole = whole;
        this.logits = logits;
        this.hidden = hidden;
        return this;
    }

    int rows() {
        return to - from;
    }

    /** Results it takes if it gets {@code rows}. */
    int outputs(int rows) {
        return Math.max(0, from + rows - wantFrom);
    }
}
