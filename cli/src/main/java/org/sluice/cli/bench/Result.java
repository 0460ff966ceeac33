package org.sluice.cli.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One measurement.
 *
 * @param test {@code prefill} or {@code decode}
 * @param tokens computed in a repetition
 * @param depth tokens in the cache before
 * @param nanos of each repetition
 * @param processor nanoseconds of processor time of each repetition, all threads together; 0 where that is not known
 * @param bytes a step reads; 0 where that was not measured
 * @param readNanos time a plain read of these bytes takes, median; 0 where that was not measured
 */
public record Result(String test, int tokens, int depth, long[] nanos, long[] processor, long bytes, double readNanos) {
    /** Copies and sorts. */
    public Result {
        nanos = nanos.clone();
        Arrays.sort(nanos);
        processor = processor.clone();
        Arrays.sort(processor);
    }

    /** The middle repetition. */
    public double median() {
        return median(nanos);
    }

    /** The fastest repetition. */
    public long fastest() {
        return nanos[0];
    }

    /** The slowest repetition. */
    public long slowest() {
        return nanos[nanos.length - 1];
    }

    /** Tokens per second of the median. */
    public double rate() {
        return tokens * 1e9 / median();
    }

    /** Tokens per second if a step took as long as reading its bytes; 0 where that was not measured. */
    public double plainRead() {
        return readNanos == 0 ? 0 : 1e9 / readNanos;
    }

    /** Bytes per second of the plain read. */
    public double readSpeed() {
        return readNanos == 0 ? 0 : bytes * 1e9 / readNanos;
    }

    static double median(long[] sorted) {
        int n = sorted.length;
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("test", test);
        m.put("tokens", tokens);
        m.put("depth", depth);
        m.put("tokens_per_second", rate());
        m.put("median_ms", median() / 1e6);
        m.put("ms", Arrays.stream(nanos).mapToObj(n -> n / 1e6).toList());
        m.put("median_processor_ms", median(processor) / 1e6);
        if (readNanos > 0) {
            m.put("bytes_per_token", bytes);
            m.put("bytes_per_second", bytes * rate());
            m.put("plain_read_bytes_per_second", readSpeed());
            m.put("plain_read_tokens_per_second", plainRead());
            m.put("share_of_plain_read", rate() / plainRead());
        }
        return m;
    }
}
