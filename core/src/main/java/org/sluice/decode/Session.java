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
     * @throws InvalidRequestException where the prompt is empty or leaves no room in the context
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
        return new Run(prompt, options, listener).generate(progress, cancel);
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
        private final DraftLength length = new DraftLength(drafts.most(), drafts.adaptive());
        private int[] answer;
        private int n;
        private int rounds;
        private long draftNanos;
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
            Arrays.stream(prompt).forEach(sampler::see);
            budget = Math.min(options.maxTokens(), runner.maxContext() - prompt.length);
            answer = new int[Math.min(budget, 64)];
            int common = tokens.commonPrefix(prompt, sequence.length());
            // the last prompt token is always computed, its logits choose the first token; a drafter also needs the
            // hidden
            // state of the last common token, because what follows it may have changed
            reused = Math.max(0, Math.min(hidden == null ? common : common - 1, prompt.length - 1));
            sequence.truncate(reused);
            tokens.replace(prompt, reused);
        }

        Generation generate(ProgressListener progress, CancelToken cancel) {
            long prefilledAt = start;
            try {
                prefill(progress, cancel);
                prefilledAt = System.nanoTime();
                emit(sampler.sample(logits, 0));
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
                    new DraftStats(rounds, proposed, accepted, draftNanos));
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

        /** One step: the newest token and guesses behind it; emits what the model says of each until one is wrong. */
        private void round() {
            int at = sequence.length();
            int room = Math.min(budget - n - 1, Math.min(runner.maxContext() - at, runner.maxRows()) - 1);
            long began = System.nanoTime();
            int made = 0;
            if (drafter != null && room > 0) {
                made = drafter.propose(tokens.ids(), tokens.size(), Math.min(length.next(), room), guesses);
                // a guess that cannot stand is not worth a row
                made = constraint == null ? made : constraint.allowedPrefix(guesses, made);
            }
            long drafted = System.nanoTime();
            for (int i = 0; i < made; i++) {
                tokens.add(guesses[i]);
                proposed[i]++;
            }
            runner.append(sequence, tokens.ids(), at, at + 1 + made, at, logits, hidden);
            tokens.truncate(at + 1);
            int right = 0;
            for (int i = 0; i <= made && reason == null; i++) {
                int next = emit(sampler.sample(logits, 4L * runner.vocabSize() * i));
                if (i == made || next != guesses[i]) {
                    break;
                }
                accepted[i]++;
                right++;
            }
            sequence.truncate(Math.min(sequence.length(), at + 1 + right));
            rounds++;
            draftNanos += drafted - began;
            length.measured(made, right, drafted - began, System.nanoTime() - drafted);
            observe(at, sequence.length());
        }

        private void observe(int from, int to) {
            if (drafter != null) {
                drafter.observe(tokens.ids(), tokens.size(), from, to, hidden == null ? MemorySegment.NULL : hidden);
            }
        }

        /** Makes a token part of the answer; returns the token that stands, which the listener may have changed. */
        private int emit(int drawn) {
            int token = listener.steer(n, drawn);
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
