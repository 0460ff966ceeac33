package org.sluice.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Decode steps of one sequence, sampling included. */
public class DecodeStepBenchmark extends ModelBenchmark {
    /** Tokens in the cache before. */
    @Param({"0", "1024"})
    public int depth;

    /** 32 steps from the same position, so that the context stays what it says. */
    @Benchmark
    public int steps(Rate rate) {
        rate.tokens += 32;
        return demo.run(depth, 32, 1);
    }
}
