package org.sluice.decode;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.OverloadedException;

/**
 * Answers requests of many at once. A request has a session and a thread of its own, on which its listeners are called, and
 * shares its steps with all other answers of the engine; what it answers does not depend on them, bit for bit. A request that
 * fails, or whose listener is slow, harms no other. Safe for use by several threads.
 *
 * <p>Closing it cancels what waits and runs, and waits for its end.
 */
public final class Scheduler implements AutoCloseable {
    private static final int IDLE_SECONDS = 2;

    private final StepRunner runner;
    private final Function<GenerationOptions, Session> sessions;
    private final SchedulerOptions options;
    private final Semaphore places;
    private final ThreadPoolExecutor threads;
    private final CancelToken closing = new CancelToken();
    private final Set<Thread> workers = ConcurrentHashMap.newKeySet();

    /**
     * A scheduler.
     *
     * @param sessions opens a session for a request, with the caches it asks for
     */
    public Scheduler(StepRunner runner, Function<GenerationOptions, Session> sessions, SchedulerOptions options) {
        this.runner = runner;
        this.sessions = sessions;
        this.options = options;
        places = new Semaphore(options.running() + options.queue());
        threads = new ThreadPoolExecutor(
                options.running(),
                options.running(),
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                // the places bound it
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("sluice-answer-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Hands a request in, or refuses it where too many wait. Parameters are those of {@link Session#generate}.
     *
     * @return the answer to come; what ends it early is the exception it ends with, but for a cancellation, which leaves
     *     {@link FinishReason#CANCELLED} and the tokens so far, none where the request had not begun. Cancelling the future
     *     cancels the request
     * @throws OverloadedException where all places are taken
     * @throws InvalidRequestException where the prompt cannot be answered, or the scheduler is closed
     */
    public CompletableFuture<Generation> submit(
            int[] prompt,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel) {
        check(prompt);
        if (!places.tryAcquire()) {
            throw new OverloadedException(this.options.running() + " requests run and " + this.options.queue()
                    + " wait already; try again later, or let the scheduler take more");
        }
        return start(prompt, options, listener, progress, cancel);
    }

    /** {@link #submit(int[], GenerationOptions, TokenListener, ProgressListener, CancelToken)} without listeners. */
    public CompletableFuture<Generation> submit(int[] prompt, GenerationOptions options) {
        return submit(prompt, options, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
    }

    /**
     * Hands a request in as soon as there is a place for it.
     *
     * @throws InterruptedException where the thread is interrupted before that
     * @throws InvalidRequestException where the prompt cannot be answered, the scheduler is closed, or one of its own
     *     listeners asks, which could wait for itself
     */
    public CompletableFuture<Generation> submitWhenFree(
            int[] prompt,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel)
            throws InterruptedException {
        check(prompt);
        if (workers.contains(Thread.currentThread())) {
            throw new InvalidRequestException(
                    "a listener of a request cannot wait for a place of its own scheduler; use submit");
        }
        places.acquire();
        return start(prompt, options, listener, progress, cancel);
    }

    /** Requests that run or wait. */
    public int requests() {
        return options.running() + options.queue() - places.availablePermits();
    }

    private void check(int[] prompt) {
        if (closing.isCancelled()) {
            throw new InvalidRequestException("the scheduler is closed");
        }
        Session.check(prompt, runner);
    }

    private CompletableFuture<Generation> start(
            int[] prompt,
            GenerationOptions options,
            TokenListener listener,
            ProgressListener progress,
            CancelToken cancel) {
        Request r = new Request(prompt.clone(), options, listener, progress, new CancelToken(cancel, closing));
        try {
            threads.execute(r);
        } catch (RuntimeException e) {
            places.release();
            throw new InvalidRequestException("the scheduler is closed", e);
        }
        r.watch();
        return r.answer;
    }

    /** A request from its place in the queue to its end. */
    private final class Request implements Runnable {
        private final CompletableFuture<Generation> answer = new CompletableFuture<>();
        private final AtomicBoolean begun = new AtomicBoolean();
        private final int[] prompt;
        private final GenerationOptions options;
        private final TokenListener listener;
        private final ProgressListener progress;
        private final CancelToken cancel;

        Request(
                int[] prompt,
                GenerationOptions options,
                TokenListener listener,
                ProgressListener progress,
                CancelToken cancel) {
            this.prompt = prompt;
            this.options = options;
            this.listener = listener;
            this.progress = progress;
            this.cancel = cancel;
        }

        /** Hears of cancellations until the answer is there. */
        void watch() {
            CancelToken.Watch waiting = cancel.onCancel(this::leave);
            var _ = answer.whenComplete((g, e) -> {
                waiting.close();
                if (answer.isCancelled()) {
                    cancel.cancel();
                    leave();
                }
            });
        }

        /** Gives its place back at once, where it has not begun. */
        private void leave() {
            if (begun.compareAndSet(false, true)) {
                threads.remove(this);
                end(Generation.cancelledBeforeItBegan(), null);
            }
        }

        @Override
        public void run() {
            if (!begun.compareAndSet(false, true)) {
                return;
            }
            workers.add(Thread.currentThread());
            Generation made = null;
            Throwable failure = null;
            try (Session s = sessions.apply(options)) {
                s.closesAfterOneAnswer();
                made = s.generate(prompt, options, listener, progress, cancel);
            } catch (Throwable e) {
                failure = e;
            }
            // when the session is closed, so that whoever hears of it finds its memory free
            end(made, failure);
            workers.remove(Thread.currentThread());
        }

        private void end(@Nullable Generation made, @Nullable Throwable failure) {
            places.release();
            if (failure == null) {
                answer.complete(made);
            } else {
                answer.completeExceptionally(failure);
            }
        }
    }

    /** Refuses new requests, cancels all others, waits until they have ended; from a listener of its own it does not wait. */
    @Override
    public void close() {
        closing.cancel();
        threads.shutdown();
        if (workers.contains(Thread.currentThread())) {
            return;
        }
        boolean interrupted = false;
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
