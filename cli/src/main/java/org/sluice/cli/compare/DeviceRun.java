package org.sluice.cli.compare;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.sluice.cli.bench.Result;

/**
 * What one device did.
 *
 * @param selector as it was asked for
 * @param device what was opened
 * @param loadSeconds from nothing to a program that can run
 * @param firstTokenSeconds from then to the first token of the answer, nothing warmed up
 * @param planned bytes the program takes
 * @param residentPeak most bytes of the process in memory meanwhile, where the system tells
 * @param tokens greedy answer
 * @param firstDifference index of its first token that is not the reference's, if there is one
 */
public record DeviceRun(
        String selector,
        String device,
        double loadSeconds,
        double firstTokenSeconds,
        Result prefill,
        Result decode,
        long planned,
        OptionalLong residentPeak,
        Peak peak,
        List<OpLine> ops,
        Distance distance,
        List<Integer> tokens,
        OptionalInt firstDifference) {
    /** Sorts the operations, the longest first. */
    public DeviceRun {
        ops = ops.stream()
                .sorted(Comparator.comparingDouble(OpLine::nanos).reversed())
                .toList();
    }

    /** Nanoseconds of all operations of a decode step. */
    public double opNanos() {
        return ops.stream().mapToDouble(OpLine::nanos).sum();
    }

    Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("backend", selector);
        m.put("device", device);
        m.put("load_seconds", loadSeconds);
        m.put("first_token_seconds", firstTokenSeconds);
        m.put("prefill", prefill.toMap());
        m.put("decode", decode.toMap());
        m.put("planned_bytes", planned);
        m.put("resident_peak_bytes", residentPeak.isPresent() ? residentPeak.getAsLong() : null);
        m.put("peak", peak.toMap());
        m.put("ops", ops.stream().map(o -> o.toMap(peak)).toList());
        m.put("logits_distance", distance.toMap());
        m.put("tokens", tokens);
        m.put("first_difference", firstDifference.isPresent() ? firstDifference.getAsInt() : null);
        return m;
    }
}
