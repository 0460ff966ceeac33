package org.sluice.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;

/** Shows how far loading and prefill are, on a terminal only, and only where they take long enough to be noticed. */
final class Bars implements ProgressListener, AutoCloseable {
    private static final long PATIENCE = 400_000_000;
    private static final int WIDTH = 70;

    private final Io io;
    private String phase = "";
    private long began;
    private @Nullable ProgressBar bar;

    Bars(Io io) {
        this.io = io;
    }

    @Override
    public void progress(String name, long done, long total) {
        if (!io.errTerminal()) {
            return;
        }
        if (!name.equals(phase)) {
            done();
            phase = name;
            began = System.nanoTime();
        }
        if (done >= total) {
            done();
        } else if (bar != null) {
            bar.stepTo(done);
        } else if (System.nanoTime() - began > PATIENCE) {
            bar = new ProgressBarBuilder()
                    .setTaskName(name)
                    .setInitialMax(total)
                    .setStyle(io.colours() ? ProgressBarStyle.COLORFUL_UNICODE_BLOCK : ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(100)
                    .clearDisplayOnFinish()
                    .setConsumer(new ConsoleProgressBarConsumer(io.err(), WIDTH))
                    .build();
            bar.stepTo(done);
        }
    }

    @Override
    public void close() {
        done();
    }

    /** Takes the bar away. */
    void done() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
        phase = "";
    }
}
