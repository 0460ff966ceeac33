package org.sluice.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Prefill of one prompt into an empty cache. */
public class PrefillBenchmark extends ModelBenchmark {
    /** Tokens of the prompt. */
    @Param({"128", "512", "1024"})
    public int prompt;

    /** One prompt. */
    @Benchmark
    public int prompt(Rate rate) {
        rate.tokens += prompt;
        return demo.run(0, prompt, demo.maxRows());
    }
}
