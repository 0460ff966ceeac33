package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.error.CancelledException;

/**
 * One answer while it is made: says which rows it needs next, takes what the model says of them. What is behind the sequence's
 * end is computed, wherever that end is, so an answer whose caches were taken away goes on as if nothing had been.
 */
final class Answer {
    private final long start = System.nanoTime();
    private final Session session;
    private final StepRunner runner;
    private final Drafts drafts;
    private final @Nullable Drafter drafter;
    private final TokenList tokens;
    private final int promptTokens;
    private final GenerationOptions options;
    private final TokenListener listener;
    private final ProgressListener progress;
    private final CancelToken cancel;
    private final Constraint.@Nullable Cursor constraint;
    private final Sampler sampler;
    private final int budget;
    private final int reused;
    private final int[] guesses;
    private final int[] proposed;
    private final int[] accepted;
    private final TokenList roundTokens = new TokenList();
    private final @Nullable RejectionSampling rejection;
    private final StepRows rows;
    private int[] answer;
    private int n;
    /** Drafts that the next round checks at most, and those that the running one checks. */
    private int asked;

    private int made;
    private long roundBegan;
    private long draftNanos;
    /** Time of drafting that the next round's drafts have taken already. */
    private long upkeepNanos;

    private long prefilledAt = start;
    private long firstAt = start;
    private @Nullable FinishReason reason;

    /** @param reused prompt tokens that the session's sequence holds; its token list holds the whole prompt */
    Answer(
            Session session,
            int[] prompt,
            int reused,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel) {
        this.session = session;
        this.reused = reused;
        this.options = options;
        this.listener = listener;
        this.progress = progress;
        this.cancel = cancel;
        runner = session.runner;
        drafts = session.drafts;
        drafter = session.drafter;
        tokens = session.tokens;
        promptTokens = prompt.length;
        guesses = new int[drafts.most()];
        proposed = new int[drafts.most()];
        accepted = new int[drafts.most()];
        constraint = options.constraint() == null ? null : options.constraint().begin(options.stopTokens());
        sampler = new Sampler(
                options.sampler(),
                Math.min(runner.vocabSize(), options.vocabulary().orElse(Integer.MAX_VALUE)),
                constraint);
        rejection = drafts.kind() == DraftKind.SAMPLED && sampler.draws() ? new RejectionSampling(sampler) : null;
        Arrays.stream(prompt).forEach(sampler::see);
        budget = Math.min(options.maxTokens(), runner.maxContext() - prompt.length);
        answer = new int[Math.min(budget, 64)];
        rows = runner.queue().join(runner, session.sequence);
    }

    /** Makes the answer, in steps that other answers may share. */
    Generation generate() {
        try (CancelToken.Watch _ = cancel.onCancel(() -> runner.queue().cancel(rows))) {
            while (reason == null) {
                cancel.check();
                ask();
                switch (runner.queue().await(rows)) {
                    case DONE -> take();
                    case PREEMPTED, CANCELLED -> tokens.truncate(tokens.size() - made);
                    default -> StepRunner.rethrow(rows);
                }
            }
        } catch (CancelledException e) {
            reason = FinishReason.CANCELLED;
        } finally {
            session.leave(rows);
            // a token that is certain but not computed is not part of the session's caches
            tokens.truncate(promptTokens + n);
            session.ended(sampler.state());
            session.share();
        }
        return new Generation(
                Arrays.copyOf(answer, n),
                reason == null ? FinishReason.LENGTH : reason,
                reused,
                promptTokens - reused,
                prefilledAt - start,
                firstAt - start,
                System.nanoTime() - start,
                new DraftStats(Arrays.copyOf(roundTokens.ids(), roundTokens.size()), proposed, accepted, draftNanos));
    }

    /** Asks for the rows that are certain but not computed, or for a round: the newest token and guesses behind it. */
    private void ask() {
        int at = session.sequence.length();
        int known = tokens.size();
        boolean round = n > 0 && at == known - 1;
        made = 0;
        roundBegan = System.nanoTime();
        if (round) {
            made = propose();
            draftNanos += System.nanoTime() - roundBegan;
            for (int i = 0; i < made; i++) {
                tokens.add(guesses[i]);
            }
        }
        int to = Math.min(known + made, at + runner.maxRows());
        rows.ask(tokens.ids(), at, to, known - 1, round, session.logits, session.hidden);
    }

    private int propose() {
        if (rejection != null) {
            rejection.begin();
        }
        if (drafter == null || asked == 0) {
            return 0;
        }
        int drawn = drafter.propose(tokens.ids(), tokens.size(), asked, rejection, guesses);
        // a guess that cannot stand is not worth a row
        return constraint == null ? drawn : constraint.allowedPrefix(guesses, drawn);
    }

    /** Takes what a step has computed. */
    private void take() {
        int at = rows.from;
        int end = at + rows.granted;
        int known = tokens.size() - made;
        if (end < known) {
            observe(at, end);
            progress();
            return;
        }
        if (n == 0) {
            progress();
            prefilledAt = System.nanoTime();
        }
        verify(at, known);
    }

    /** Progress of the prefill; an answer that starts over does not report it again. */
    private void progress() {
        if (n == 0) {
            progress.progress("prefill", session.sequence.length() - reused, promptTokens - reused);
        }
    }

    /** Emits what the model says of the newest token and of each guess behind it, until one is wrong. */
    private void verify(int at, int known) {
        int before = n;
        int right = 0;
        for (int i = 0; i < made; i++) {
            proposed[i]++;
        }
        try {
            tokens.truncate(known);
            while (reason == null) {
                int next = emit(draw(right));
                if (right == made || next != guesses[right]) {
                    break;
                }
                accepted[right++]++;
            }
        } finally {
            // also where the listener threw: rows of wrong guesses must not stay
            session.sequence.truncate(Math.min(session.sequence.length(), known + right));
            if (before > 0) {
                roundTokens.add(n - before);
            }
        }
        long took = upkeepNanos + System.nanoTime() - roundBegan;
        plan();
        observe(at, session.sequence.length());
        if (before == 0) {
            // requests that come meanwhile may begin in the same way
            session.share();
        }
        if (before > 0 && at == known - 1 && reason == null) {
            // the end of an answer says nothing of the drafts behind it
            session.length.measured(made, right, took);
        }
    }

    /** Decides how many drafts come next. */
    private void plan() {
        int room = Math.min(
                        Math.min(budget - n, runner.maxContext() - session.sequence.length()),
                        Math.min(runner.maxRows(), runner.maxOutputs()))
                - 1;
        asked = reason == null && room > 0 ? Math.min(session.length.next(), room) : 0;
    }

    /** The token behind row {@code i} of the round; a guess that the constraint cut off counts as one it rejects. */
    private int draw(int i) {
        long offset = 4L * runner.vocabSize() * i;
        return rejection != null && rejection.drew(i)
                ? rejection.check(i, guesses[i], session.logits, offset)
                : sampler.sample(session.logits, offset);
    }

    private void observe(int from, int to) {
        if (drafter == null) {
            return;
        }
        long began = System.nanoTime();
        drafter.observe(
                tokens.ids(),
                tokens.size(),
                from,
                to,
                session.hidden == null ? MemorySegment.NULL : session.hidden,
                asked > 0);
        upkeepNanos = System.nanoTime() - began;
        draftNanos += upkeepNanos;
    }

    /** Makes a token part of the answer; returns the token that stands, which the listener may have changed. */
    private int emit(int drawn) {
        int token = listener.steer(n, drawn);
        Session.checkToken(token, "what the listener steers to", runner);
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
