package org.sluice.cli.compare;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All operations of a kind in a decode step.
 *
 * @param kind the first of those that run together
 * @param nanos of a step
 * @param bytes of weights and caches that it reads
 * @param flops as {@link StepFlops} counts them
 */
public record OpLine(String kind, double nanos, long bytes, long flops) {
    /** Bytes per second, 0 where nothing was measured. */
    public double bytesPerSecond() {
        return nanos == 0 ? 0 : bytes * 1e9 / nanos;
    }

    /** Operations on floats per second, 0 where nothing was measured. */
    public double flopsPerSecond() {
        return nanos == 0 ? 0 : flops * 1e9 / nanos;
    }

    Map<String, Object> toMap(Peak peak) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("kind", kind);
        m.put("ms_per_step", nanos / 1e6);
        m.put("bytes_per_step", bytes);
        m.put("flops_per_step", flops);
        m.put("share_of_bandwidth", bytesPerSecond() / peak.bytesPerSecond());
        m.put("share_of_flops", flopsPerSecond() / peak.flopsPerSecond());
        return m;
    }
}
