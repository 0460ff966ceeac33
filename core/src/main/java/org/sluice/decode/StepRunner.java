package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.error.BackendException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.graph.Value;
import org.sluice.model.LanguageModel;

/**
 * Runs steps of a model's program on behalf of any number of sessions; those that ask at the same time share a step. Safe for
 * use by several threads.
 */
public final class StepRunner {
    private final Program program;
    private final MemorySegment tokens;
    private final MemorySegment logits;
    private final @Nullable MemorySegment hidden;
    private final long hiddenBytes;
    private final Step step;
    private final StepQueue queue;
    private final int vocabSize;
    private byte @Nullable [] identity;

    /** A runner over a program of {@code model}'s graph. */
    public StepRunner(Program program, LanguageModel model) {
        this(program, model, () -> false);
    }

    /**
     * A runner that can ask for memory.
     *
     * @param reclaim gives cache memory back that no answer needs; false where there is none
     */
    public StepRunner(Program program, LanguageModel model, BooleanSupplier reclaim) {
        this(
                program,
                model,
                new StepQueue(
                        new StepPlan(
                                program.options().maxRows(), program.options().maxOutputs()),
                        StepRunner::computeAll,
                        reclaim));
    }

    /**
     * A runner that takes turns with another one and shares its room, memory and patience.
     *
     * @param program its limits are those of the other's
     */
    public StepRunner(Program program, LanguageModel model, StepRunner other) {
        this(program, model, other.queue);
        if (!program.options().equals(other.program.options())) {
            throw new InvalidRequestException("programs with limits of " + program.options() + " and "
                    + other.program.options() + " cannot take turns");
        }
    }

    private StepRunner(Program program, LanguageModel model, StepQueue queue) {
        this.program = program;
        tokens = program.input(LanguageModel.TOKENS);
        logits = program.output(LanguageModel.LOGITS);
        Value gives = program.graph().outputs().get(LanguageModel.HIDDEN);
        hidden = gives == null ? null : program.output(LanguageModel.HIDDEN);
        hiddenBytes = gives == null ? 0 : 4L * gives.width();
        step = new Step(program.options().maxRows());
        vocabSize = model.vocabSize();
        this.queue = queue;
    }

    /** The program that runs. */
    public Program program() {
        return program;
    }

    /** How its sequences' caches are kept. */
    public CacheType caches() {
        return program.graph().states().isEmpty()
                ? CacheType.F32
                : program.graph().states().getFirst().type();
    }

    /** Most rows of a step. */
    public int maxRows() {
        return program.options().maxRows();
    }

    /** Most rows of a step whose logits can be looked at. */
    public int maxOutputs() {
        return program.options().maxOutputs();
    }

    /** Most tokens of a sequence. */
    public int maxContext() {
        return program.options().maxContext();
    }

    /** Elements of a row of logits. */
    public int vocabSize() {
        return vocabSize;
    }

    /** Bytes of a hidden state; 0 where the program gives none. */
    public long hiddenBytes() {
        return hiddenBytes;
    }

    /** What tells this model from others, see {@link ModelIdentity}. */
    synchronized byte[] modelIdentity() {
        if (identity == null) {
            identity = ModelIdentity.of(program.graph());
        }
        return identity.clone();
    }

    /** Where answers wait for their steps. */
    StepQueue queue() {
        return queue;
    }

    /**
     * Appends tokens to a sequence.
     *
     * @param ids tokens {@code from} to {@code to−1} are appended
     * @param wantFrom logits are wanted of the rows from this token on
     * @param logitsOut receives them, F32 rows
     * @param hiddenOut receives the hidden states of all rows, or null
     * @throws MemoryLimitException where the sequence cannot grow; it may be empty then
     */
    public void append(
            Sequence sequence,
            int[] ids,
            int from,
            int to,
            int wantFrom,
            MemorySegment logitsOut,
            @Nullable MemorySegment hiddenOut) {
        if (to - from > maxRows() || to - wantFrom > maxOutputs()) {
            throw new InvalidRequestException("a step of " + (to - from) + " rows and " + (to - wantFrom)
                    + " outputs does not fit a program for " + maxRows() + " and " + maxOutputs());
        }
        StepRows r = queue.join(this, sequence);
        try {
            r.ask(ids, from, to, wantFrom, true, logitsOut, hiddenOut);
            StepRows.State state = queue.await(r);
            if (state == StepRows.State.PREEMPTED) {
                throw new MemoryLimitException(
                        "other sequences took the KV cache memory of this one; raise the memory limit");
            }
            rethrow(r);
        } finally {
            queue.leave(r);
        }
    }

    static void rethrow(StepRows r) {
        if (r.failure != null) {
            throw r.failure;
        }
    }

    /** Computes the parts of a step, those of each program together. */
    private static void computeAll(List<StepRows> parts) {
        StepRunner first = parts.getFirst().runner;
        if (parts.stream().allMatch(r -> isOf(first, r))) {
            first.compute(parts);
            return;
        }
        first.compute(parts.stream().filter(r -> isOf(first, r)).toList());
        computeAll(parts.stream().filter(r -> !isOf(first, r)).toList());
    }

    @SuppressWarnings("ReferenceEquality") // a runner is an identity
    private static boolean isOf(StepRunner runner, StepRows r) {
        return r.runner == runner;
    }

    /** Computes a step; where it fails as a whole, each part on its own, so that only those fail that cannot be computed. */
    private void compute(List<StepRows> parts) {
        try {
            run(parts);
        } catch (RuntimeException e) {
            for (StepRows r : parts) {
                if (parts.size() == 1) {
                    r.failure = e;
                    r.outcome = StepRows.State.FAILED;
                } else {
                    compute(List.of(r));
                }
            }
        } catch (Error e) {
            for (StepRows r : parts) {
                r.failure = new BackendException("a step failed: " + e, e);
                r.outcome = StepRows.State.FAILED;
            }
        }
    }

    private void run(List<StepRows> parts) {
        step.clear();
        for (StepRows r : parts) {
            int first = step.add(r.sequence, r.granted);
            for (int i = Math.max(r.from, r.wantFrom); i < r.from + r.granted; i++) {
                step.want(first + i - r.from);
            }
            MemorySegment.copy(r.ids, r.from, tokens, ValueLayout.JAVA_INT, 4L * first, r.granted);
        }
        program.run(step);
        long row = 0;
        long output = 0;
        for (StepRows r : parts) {
            int n = r.outputs(r.granted);
            MemorySegment.copy(logits, 4L * vocabSize * output, r.logits, 0, 4L * vocabSize * n);
            if (r.hidden != null && hidden != null) {
                MemorySegment.copy(hidden, hiddenBytes * row, r.hidden, 0, hiddenBytes * r.granted);
            }
            row += r.granted;
            output += n;
            r.outcome = StepRows.State.DONE;
        }
    }
}
