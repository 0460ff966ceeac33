package org.sluice.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.error.CancelledException;
import org.sluice.error.InvalidRequestException;

/**
 * One conversation: its tokens and their caches. Prompts that start as what the session already holds are computed from the
 * first difference on. One thread at a time may use it; sessions of one engine may be used by different threads.
 */
public final class Session implements AutoCloseable {
    private final StepRunner runner;
    private final Sequence sequence;
    private final @Nullable Drafter drafter;
    private final Drafts drafts;
    private final Runnable onClose;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment logits;
    private final @Nullable MemorySegment hidden;
    /** Tokens of the sequence, and behind them tokens that are certain but not computed yet. */
    private final TokenList tokens = new TokenList();
    /** Outlives an answer: what was learnt on one holds for the next. */
    private final DraftLength length;

    private boolean closed;

    /**
     * An empty session.
     *
     * @param drafter guesses tokens, or null; closed with the session
     * @param onClose runs once, when the session is closed
     */
    public Session(StepRunner runner, @Nullable Drafter drafter, Drafts drafts, Runnable onClose) {
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
        if (prompt.length == 0) {
            throw new InvalidRequestException("the prompt is empty; it needs at least one token");
        }
        if (prompt.length >= runner.maxContext()) {
            throw new InvalidRequestException("the prompt has " + prompt.length + " tokens, the context holds "
                    + runner.maxContext() + " with the answer; shorten the prompt or open the model with a larger"
                    + " context");
        }
        for (int token : prompt) {
            checkToken(token, "a token of the prompt");
        }
        return new Run(prompt, options, listener).generate(progress, cancel);
    }

    private void checkToken(int token, String what) {
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

    /** One answer while it is made. */
    private final class Run {
        private final long start = System.nanoTime();
        private final int[] prompt;
        private final GenerationOptions options;
        private final TokenListener listener;
        private final Constraint.@Nullable Cursor constraint;
        private final Sampler sampler;
        private final int budget;
        private final int reused;
        private final int[] guesses = new int[drafts.most()];
        private final int[] proposed = new int[drafts.most()];
        private final int[] accepted = new int[drafts.most()];
        private final TokenList roundTokens = new TokenList();
        private final @Nullable RejectionSampling rejection;
        private int[] answer;
        private int n;
        /** Drafts that the next round checks at most. */
        private int asked;

        private long draftNanos;
        /** Time of drafting that the next round's drafts have taken already. */
        private long upkeepNanos;

        private long firstAt = start;
        private @Nullable FinishReason reason;

        Run(int[] prompt, GenerationOptions options, TokenListener listener) {
            this.prompt = prompt;
            this.options = options;
            this.listener = listener;
            constraint =
                    options.constraint() == null ? null : options.constraint().begin(options.stopTokens());
            sampler = new Sampler(
                    options.sampler(),
                    Math.min(runner.vocabSize(), options.vocabulary().orElse(Integer.MAX_VALUE)),
                    constraint);
            rejection = drafts.kind() == DraftKind.SAMPLED && sampler.draws() ? new RejectionSampling(sampler) : null;
            Arrays.stream(prompt).forEach(sampler::see);
            budget = Math.min(options.maxTokens(), runner.maxContext() - prompt.length);
            answer = new int[Math.min(budget, 64)];
            int common = tokens.commonPrefix(prompt, sequence.length());
            // the last prompt token is always computed: its logits choose the first token
            reused = Math.min(drafter == null ? common : drafter.keep(common), prompt.length - 1);
            sequence.truncate(reused);
            tokens.replace(prompt, reused);
        }

        Generation generate(ProgressListener progress, CancelToken cancel) {
            long prefilledAt = start;
            try {
                prefill(progress, cancel);
                prefilledAt = System.nanoTime();
                emit(sampler.sample(logits, 0));
                plan();
                observe(prompt.length - lastChunk(), prompt.length);
                while (reason == null) {
                    cancel.check();
                    round();
                }
            } catch (CancelledException e) {
                reason = FinishReason.CANCELLED;
            } finally {
                // a token that is certain but not computed is not part of the session's caches
                tokens.truncate(sequence.length());
            }
            return new Generation(
                    Arrays.copyOf(answer, n),
                    reason == null ? FinishReason.LENGTH : reason,
                    reused,
                    prompt.length - reused,
                    prefilledAt - start,
                    firstAt - start,
                    System.nanoTime() - start,
                    new DraftStats(
                            Arrays.copyOf(roundTokens.ids(), roundTokens.size()), proposed, accepted, draftNanos));
        }

        private int lastChunk() {
            int rest = (prompt.length - reused) % runner.maxRows();
            return rest == 0 ? Math.min(prompt.length - reused, runner.maxRows()) : rest;
        }

        private void prefill(ProgressListener progress, CancelToken cancel) {
            int at = reused;
            while (at < prompt.length) {
                cancel.check();
                int end = Math.min(prompt.length, at + runner.maxRows());
                int want = end == prompt.length ? end - 1 : end;
                runner.append(sequence, tokens.ids(), at, end, want, logits, hidden);
                if (end < prompt.length) {
                    observe(at, end);
                }
                progress.progress("prefill", end - reused, prompt.length - reused);
                at = end;
            }
        }

        /** Decides how many drafts come next. */
        private void plan() {
            int room = Math.min(budget - n, Math.min(runner.maxContext() - sequence.length(), runner.maxRows())) - 1;
            asked = reason == null && room > 0 ? Math.min(length.next(), room) : 0;
        }

        /** One step: the newest token and guesses behind it; emits what the model says of each until one is wrong. */
        private void round() {
            long began = System.nanoTime();
            long upkeep = upkeepNanos;
            int made = propose();
            long drafting = System.nanoTime() - began;
            draftNanos += drafting;
            int at = sequence.length();
            int before = n;
            int right = 0;
            for (int i = 0; i < made; i++) {
                tokens.add(guesses[i]);
                proposed[i]++;
            }
            try {
                runner.append(sequence, tokens.ids(), at, at + 1 + made, at, logits, hidden);
                tokens.truncate(at + 1);
                while (reason == null) {
                    int next = emit(draw(right));
                    if (right == made || next != guesses[right]) {
                        break;
                    }
                    accepted[right++]++;
                }
            } finally {
                // also where the listener threw: rows of wrong guesses must not stay
                sequence.truncate(Math.min(sequence.length(), at + 1 + right));
                roundTokens.add(n - before);
            }
            long took = System.nanoTime() - began;
            plan();
            observe(at, sequence.length());
            if (reason == null) {
                // the end of an answer says nothing of the drafts behind it
                length.measured(made, right, upkeep + took);
            }
        }

        private int propose() {
            if (rejection != null) {
                rejection.begin();
            }
            if (drafter == null || asked == 0) {
                return 0;
            }
            int made = drafter.propose(tokens.ids(), tokens.size(), asked, rejection, guesses);
            // a guess that cannot stand is not worth a row
            return constraint == null ? made : constraint.allowedPrefix(guesses, made);
        }

        /** The token behind row {@code i} of the step; a guess that the constraint cut off counts as one it rejects. */
        private int draw(int i) {
            long offset = 4L * runner.vocabSize() * i;
            return rejection != null && rejection.drew(i)
                    ? rejection.check(i, guesses[i], logits, offset)
                    : sampler.sample(logits, offset);
        }

        private void observe(int from, int to) {
            if (drafter == null) {
                return;
            }
            long began = System.nanoTime();
            drafter.observe(
                    tokens.ids(), tokens.size(), from, to, hidden == null ? MemorySegment.NULL : hidden, asked > 0);
            upkeepNanos = System.nanoTime() - began;
            draftNanos += upkeepNanos;
        }

        /** Makes a token part of the answer; returns the token that stands, which the listener may have changed. */
        private int emit(int drawn) {
            int token = listener.steer(n, drawn);
            checkToken(token, "what the listener steers to");
            if (n == answer.length) {
                answer = Arrays.copyOf(answer, Math.min(budget, 2 * n));
            }
            answer[n++] = token;
            tokens.add(token);
            sampler.see(token);
            if (constraint != null) {
                constraint.advance(token);
            }
            if (n == 1) {
                firstAt = System.nanoTime();
            }
            boolean goOn = listener.token(n - 1, token);
            if (!goOn || options.stopTokens().contains(token)) {
                reason = FinishReason.STOP;
            } else if (constraint != null && options.stopTokens().isEmpty() && constraint.isComplete()) {
                reason = FinishReason.STOP;
            } else if (n == budget) {
                reason = FinishReason.LENGTH;
            }
            return token;
        }
    }
}
