package org.sluice.cli.bench;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a step goes.
 *
 * @param title what was measured
 * @param lines by kind of operation, the longest first
 */
public record Profile(String title, List<Line> lines) {
    /** Sorts. */
    public Profile {
        lines = lines.stream()
                .sorted(Comparator.comparingDouble(Line::nanos).reversed())
                .toList();
    }

    /**
     * All operations of a kind.
     *
     * @param nanos of a step
     * @param bytes of weights and caches that a step reads
     */
    public record Line(String kind, double nanos, long bytes) {}

    /** Time of a step. */
    public double nanos() {
        return lines.stream().mapToDouble(Line::nanos).sum();
    }

    /** Bytes of a step. */
    public long bytes() {
        return lines.stream().mapToLong(Line::bytes).sum();
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("title", title);
        m.put(
                "ops",
                lines.stream()
                        .map(l -> Map.<String, Object>of(
                                "kind",
                                l.kind(),
                                "ms_per_step",
                                l.nanos() / 1e6,
                                "share",
                                l.nanos() / nanos(),
                                "bytes_per_step",
                                l.bytes()))
                        .toList());
        return m;
    }
}
