package org.sluice.decode;

import java.util.Arrays;
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
    private final Runnable onClose;
    private int[] tokens = new int[256];
    private boolean closed;

    /**
     * An empty session.
     *
     * @param onClose runs once, when the session is closed
     */
    public Session(StepRunner runner, Runnable onClose) {
        this.runner = runner;
        this.onClose = onClose;
        sequence = runner.program().newSequence();
    }

    /** Tokens whose caches it holds. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, sequence.length());
    }

    /** Number of {@link #tokens()}. */
    public int length() {
        return sequence.length();
    }

    /** Forgets everything from position {@code length} on. */
    public void truncate(int length) {
        sequence.truncate(length);
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
        checkOpen();
        if (prompt.length == 0) {
            throw new InvalidRequestException("the prompt is empty; it needs at least one token");
        }
        if (prompt.length >= runner.maxContext()) {
            throw new InvalidRequestException("the prompt has " + prompt.length + " tokens, the context holds "
                    + runner.maxContext() + " with the answer; shorten the prompt or open the model with a larger"
                    + " context");
        }
        long start = System.nanoTime();
        // the last prompt token is always computed: its logits choose the first token
        int reused = Math.min(commonPrefix(prompt), prompt.length - 1);
        sequence.truncate(reused);
        remember(prompt, reused);
        Sampler sampler = new Sampler(
                options.sampler(),
                Math.min(runner.vocabSize(), options.vocabulary().orElse(Integer.MAX_VALUE)));
        for (int t : prompt) {
            sampler.see(t);
        }
        int budget = Math.min(options.maxTokens(), runner.maxContext() - prompt.length);
        int[] answer = new int[Math.min(budget, 64)];
        int n = 0;
        long prefilled = start;
        long first = start;
        FinishReason reason = FinishReason.LENGTH;
        try {
            int next = prefill(prompt, reused, sampler, progress, cancel);
            prefilled = System.nanoTime();
            while (true) {
                next = listener.steer(n, next);
                if (n == answer.length) {
                    answer = Arrays.copyOf(answer, Math.min(budget, 2 * n));
                }
                answer[n++] = next;
                sampler.see(next);
                if (n == 1) {
                    first = System.nanoTime();
                }
                boolean goOn = listener.token(n - 1, next);
                if (!goOn || options.stopTokens().contains(next)) {
                    reason = FinishReason.STOP;
                    break;
                }
                if (n == budget) {
                    break;
                }
                cancel.check();
                next = decode(next, sampler);
            }
        } catch (CancelledException e) {
            reason = FinishReason.CANCELLED;
        }
        return new Generation(
                Arrays.copyOf(answer, n),
                reason,
                reused,
                prompt.length - reused,
                prefilled - start,
                first - start,
                System.nanoTime() - start);
    }

    private int prefill(int[] prompt, int from, Sampler sampler, ProgressListener progress, CancelToken cancel) {
        int at = from;
        while (true) {
            cancel.check();
            int end = Math.min(prompt.length, at + runner.maxRows());
            if (end == prompt.length) {
                int next = runner.append(sequence, prompt, at, end, sampler::sample);
                progress.progress("prefill", prompt.length - from, prompt.length - from);
                return next;
            }
            runner.append(sequence, prompt, at, end);
            progress.progress("prefill", end - from, prompt.length - from);
            at = end;
        }
    }

    private int decode(int token, Sampler sampler) {
        int at = sequence.length();
        if (at == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * at);
        }
        tokens[at] = token;
        return runner.append(sequence, tokens, at, at + 1, sampler::sample);
    }

    private int commonPrefix(int[] prompt) {
        int most = Math.min(prompt.length, sequence.length());
        int different = Arrays.mismatch(tokens, 0, most, prompt, 0, most);
        return different < 0 ? most : different;
    }

    private void remember(int[] prompt, int from) {
        if (tokens.length < prompt.length) {
            tokens = Arrays.copyOf(tokens, Math.max(prompt.length, 2 * tokens.length));
        }
        System.arraycopy(prompt, from, tokens, from, prompt.length - from);
    }

    private void checkOpen() {
        if (closed) {
            throw new InvalidRequestException("the session is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            sequence.close();
            onClose.run();
        }
    }
}
