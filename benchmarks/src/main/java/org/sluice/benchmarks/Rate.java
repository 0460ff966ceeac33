package org.sluice.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What JMH prints per second beside the number of calls. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Rate {
    /** 10⁹ bytes of weights read. */
    public double gigabytes;

    /** Tokens computed. */
    public long tokens;

    /** Counters begin at zero in every iteration. */
    @Setup(Level.Iteration)
    public void clear() {
        gigabytes = 0;
        tokens = 0;
    }
}
