package org.sluice.backend;

/** Hears how far a long piece of work is. Called on the thread that does the work; an exception thrown here ends the work. */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener NONE = (phase, done, total) -> {};

    /**
     * Some progress.
     *
     * @param phase what is going on: {@code open}, {@code compile}, {@code upload}, {@code prefill}
     * @param done how much is done, in the phase's own unit
     * @param total how much there is to do
     */
    void progress(String phase, long done, long total);
}
