package org.sluice.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;

/**
 * One conversation: its tokens and their caches. Prompts that start as what the session already holds are computed from the
 * first difference on; so are prompts that start as another session's, where the engine keeps prefixes.
 * One thread at a time may use it, and while it makes an answer it refuses to be changed or closed; sessions of one engine may be
 * used by different threads.
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

    /** Tokens of the last prompt and answer that are not computed, the newest at the end. */
    private int[] pending = {};

    private @Nullable SamplerOptions sampler;
    private byte[] attachment = {};
    /** Whether it is closed right after its answer, so that whoever needs memory had better wait for that. */
    private boolean single;

    private @Nullable StepRows leaving;
    /** While an answer is made nobody else may touch what its steps write to. */
    private final AtomicBoolean answering = new AtomicBoolean();

    private volatile boolean closed;

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

    /** How its caches are kept. */
    public CacheType caches() {
        return runner.caches();
    }

    /** Number of {@link #tokens()}. */
    public int length() {
        return sequence.length();
    }

    /** The last prompt with its answer: {@link #tokens()} and what is not computed yet, usually the newest token. */
    public int[] conversation() {
        int[] all = Arrays.copyOf(tokens.ids(), sequence.length() + pending.length);
        System.arraycopy(pending, 0, all, sequence.length(), pending.length);
        return all;
    }

    /**
     * How the last answer's tokens were drawn, and where its random numbers stopped: with {@link #conversation()} as the
     * prompt an answer goes on as if it had not been interrupted.
     */
    public Optional<SamplerOptions> lastSampler() {
        return Optional.ofNullable(sampler);
    }

    /** What the application added to the file from which the session was restored; empty where there was neither. */
    public byte[] attachment() {
        return attachment.clone();
    }

    /** An answer has ended: only what is computed stays in the list, the rest is remembered beside it. */
    void ended(SamplerOptions state) {
        int computed = Math.min(sequence.length(), tokens.size());
        pending = Arrays.copyOfRange(tokens.ids(), computed, tokens.size());
        tokens.truncate(computed);
        sampler = state;
    }

    /** Forgets everything from position {@code length} on. */
    public void truncate(int length) {
        checkIdle();
        sequence.truncate(length);
        tokens.truncate(length);
        pending = new int[0];
    }

    /**
     * Writes everything the session has computed to a file, in the format of docs/session-format.md: later, the same model
     * goes on from it where it stopped ({@code Engine.restoreSession}). The file appears whole or not at all.
     *
     * @throws CheckpointException where it cannot be written
     */
    public void save(Path file) {
        save(file, new byte[0]);
    }

    /**
     * {@link #save(Path)} with something of the application's own, such as the messages that the tokens are made of.
     *
     * @param attachment {@link #attachment} of the restored session
     */
    public void save(Path file, byte[] attachment) {
        checkIdle();
        try (Saved.Caches draft = Saved.Caches.of(drafter == null ? null : drafter.fork())) {
            SessionFile.write(
                    file,
                    new Saved(runner.modelIdentity(), conversation(), sampler, attachment),
                    sequence,
                    draft.sequence());
        }
    }

    /**
     * How the caches in a file that {@link #save} wrote are kept: a session that takes them over has to keep its own so.
     *
     * @throws CheckpointException where the file is not a saved session, or its header is damaged
     */
    public static CacheType cachesOf(Path file) {
        return SessionFile.caches(file);
    }

    /**
     * Takes over what a file holds; the session must be empty.
     *
     * @throws CheckpointException where the file is damaged, cut, or was saved by another model
     */
    public void restore(Path file) {
        checkIdle();
        if (sequence.length() > 0) {
            throw new InvalidRequestException("only an open, empty session can be restored");
        }
        Saved s = SessionFile.read(file, runner, sequence, drafter);
        tokens.replace(s.conversation(), 0);
        sampler = s.sampler();
        attachment = s.attachment();
        pending = Arrays.copyOfRange(s.conversation(), sequence.length(), s.conversation().length);
        tokens.truncate(sequence.length());
        share();
    }

    /**
     * Answers a prompt: computes what the session does not hold yet, then draws token after token. What was computed before a
     * cancellation or failure stays in the session and is used again.
     *
     * @param prompt the whole conversation so far, at least one token
     * @param progress hears of the prefill
     * @throws InvalidRequestException where the prompt is empty, leaves no room in the context or holds a token outside
     *     the vocabulary, the answer asks for caches of another type, or the session is closed or makes another answer
     */
    public Generation generate(
            int[] prompt,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel) {
        checkIdle();
        if (options.caches() != null && options.caches() != caches()) {
            throw new InvalidRequestException("the answer asks for caches of type " + options.caches()
                    + ", the session has " + caches() + "; open another session");
        }
        check(prompt, runner);
        begin();
        try {
            int reused = reuse(prompt);
            return new Answer(this, prompt, reused, options, listener, progress, cancel).generate();
        } finally {
            answering.set(false);
        }
    }

    private void checkIdle() {
        if (closed) {
            throw new InvalidRequestException("the session is closed");
        }
        if (answering.get()) {
            throw busy();
        }
    }

    private void begin() {
        if (!answering.compareAndSet(false, true)) {
            throw busy();
        }
    }

    private static InvalidRequestException busy() {
        return new InvalidRequestException(
                "the session makes an answer; wait for its end or cancel it, or open another session");
    }

    /** Keeps what the prompt starts with, too; returns how much that is. */
    private int reuse(int[] prompt) {
        int common = tokens.commonPrefix(prompt, sequence.length());
        PrefixTree.Prefix other =
                prefixes == null ? null : prefixes.fork(runner.program(), prompt, prompt.length - 1, common + 1);
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

    /** Says that it will make one answer and then be closed. */
    void closesAfterOneAnswer() {
        single = true;
    }

    /** Takes an answer that has ended out of the steps. */
    void leave(StepRows rows) {
        if (single) {
            leaving = rows;
            runner.queue().finish(rows);
        } else {
            runner.queue().leave(rows);
        }
    }

    /** Lets others begin with what was computed so far. */
    void share() {
        if (prefixes != null) {
            prefixes.keep(runner.program(), tokens.ids(), sequence.length(), sequence, drafter);
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

    /**
     * Gives its caches back. Closing twice does nothing.
     *
     * @throws InvalidRequestException where it makes an answer: cancel that first
     */
    @Override
    public void close() {
        if (!closed) {
            begin();
            closed = true;
            sequence.close();
            if (drafter != null) {
                drafter.close();
            }
            if (leaving != null) {
                runner.queue().leave(leaving);
            }
            arena.close();
            onClose.run();
        }
    }
}
