package org.sluice.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.error.InvalidRequestException;

/**
 * One conversation: its tokens and their caches. Prompts that start as what the session already holds are computed from the
 * first difference on; so are prompts that start as another session's, where the engine keeps prefixes. One thread at a time may use it; sessions of one engine may be used by different threads.
 */
public final class Session implements AutoCloseable {
    final StepRunner runner;
    Sequence sequence;
    final @Nullable Drafter drafter;
    final Drafts drafts;
    private final @Nullable PrefixCache prefixes;
    private final Runnable onClose;
    private final Arena arena = Arena.ofShared();
    final MemorySegment logits;
    final @Nullable MemorySegment hidden;
    /** Tokens of the sequence, and behind them tokens that are certain but not computed yet. */
    final TokenList tokens = new TokenList();
    /** Outlives an answer: what was learnt on one holds for the next. */
    final DraftLength length;

    private boolean closed;

    /**
     * An empty session.
     *
     * @param drafter guesses tokens, or null; closed with the session
     * @param onClose runs once, when the session is closed
     */
    public Session(StepRunner runner, @Nullable Drafter drafter, Drafts drafts, Runnable onClose) {
        this(runner, drafter, drafts, null, onClose);
    }

    /**
     * An empty session that shares what it computes.
     *
     * @param drafter guesses tokens, or null; closed with the session
     * @param prefixes where others find the beginnings of its conversation, and it theirs, or null
     * @param onClose runs once, when the session is closed
     */
    public Session(
            StepRunner runner,
            @Nullable Drafter drafter,
            Drafts drafts,
            @Nullable PrefixCache prefixes,
            Runnable onClose) {
        this.prefixes = prefixes;
        this.runner = runner;
        this.drafter = drafter;
        this.drafts = drafter == null ? Drafts.OFF : drafts;
        this.onClose = onClose;
        length = new DraftLength(this.drafts.most(), this.drafts.adaptive());
        sequence = runner.program().newSequence();
        logits = arena.allocate(4L * runner.vocabSize() * (this.drafts.most() + 1), 64);
        hidden = drafter != null && drafter.wantsHidden()
                ? arena.allocate(runner.hiddenBytes() * runner.maxRows(), 64)
                : null;
    }

    /** Tokens whose caches it holds. */
    public int[] tokens() {
        return Arrays.copyOf(tokens.ids(), sequence.length());
    }

    /** Number of {@link #tokens()}. */
    public int length() {
        return sequence.length();
    }

    /** Forgets everything from position {@code length} on. */
    public void truncate(int length) {
        sequence.truncate(length);
        tokens.truncate(length);
    }

    /**
     * Answers a prompt: computes what the session does not hold yet, then draws token after token. What was computed before a
     * cancellation or failure stays in the session and is used again.
     *
     * @param prompt the whole conversation so far, at least one token
     * @param progress hears of the prefill
     * @throws InvalidRequestException where the prompt is empty, leaves no room in the context or holds a token outside
     *     the vocabulary
     */
    public Generation generate(
            int[] prompt,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel) {
        if (closed) {
            throw new InvalidRequestException("the session is closed");
        }
        check(prompt, runner);
        int reused = reuse(prompt);
        return new Answer(this, prompt, reused, options, listener, progress, cancel).generate();
    }

    /** Keeps what the prompt starts with, too; returns how much that is. */
    private int reuse(int[] prompt) {
        int common = tokens.commonPrefix(prompt, sequence.length());
        PrefixCache.Prefix other = prefixes == null ? null : prefixes.fork(prompt, prompt.length - 1, common + 1);
        if (other != null) {
            sequence.close();
            sequence = other.trunk();
            if (drafter != null) {
                drafter.adopt(other.draft());
            }
            tokens.replace(prompt, 0);
            common = sequence.length();
        }
        // the last prompt token is always computed: its logits choose the first token
        int reused = Math.min(drafter == null ? common : drafter.keep(common), prompt.length - 1);
        sequence.truncate(reused);
        tokens.replace(prompt, reused);
        return reused;
    }

    /** Lets others begin with what was computed so far. */
    void share() {
        if (prefixes != null) {
            prefixes.keep(tokens.ids(), sequence.length(), sequence, drafter);
        }
    }

    /** Throws where a prompt cannot be answered. */
    static void check(int[] prompt, StepRunner runner) {
        if (prompt.length == 0) {
            throw new InvalidRequestException("the prompt is empty; it needs at least one token");
        }
        if (prompt.length >= runner.maxContext()) {
            throw new InvalidRequestException("the prompt has " + prompt.length + " tokens, the context holds "
                    + runner.maxContext() + " with the answer; shorten the prompt or open the model with a larger"
                    + " context");
        }
        for (int token : prompt) {
            checkToken(token, "a token of the prompt", runner);
        }
    }

    static void checkToken(int token, String what, StepRunner runner) {
        if (token < 0 || token >= runner.vocabSize()) {
            throw new InvalidRequestException(
                    what + " is " + token + ", outside the vocabulary of " + runner.vocabSize());
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            sequence.close();
            if (drafter != null) {
                drafter.close();
            }
            arena.close();
            onClose.run();
        }
    }
}
