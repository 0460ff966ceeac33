package org.sluice.tests.gpu;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A figure beside what it should reach.
 *
 * @param what it is a figure of
 * @param figure the figure, or null where there is none
 * @param aim what it should be, or null where nothing is asked of it
 * @param atMost whether it should not be more, rather than not less
 * @param counts whether it was taken at full size on a real GPU
 * @param why there is no figure; empty where there is one
 */
record Aim(String what, @Nullable Double figure, @Nullable Double aim, boolean atMost, boolean counts, String why) {
    /** Whether it is reached; null where that is not known. */
    @Nullable
    Boolean met() {
        if (figure == null || aim == null || !counts) {
            return null;
        }
        return atMost ? figure <= aim : figure >= aim;
    }

    Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("what", what);
        m.put("figure", figure);
        m.put(atMost ? "atMost" : "atLeast", aim);
        m.put("met", met());
        m.put("why", figure != null && !counts ? "not at full size on a GPU" : why);
        return m;
    }

    String line() {
        Boolean met = met();
        String verdict = met != null ? met ? "met" : "MISSED" : aim == null ? "" : "open";
        return "%-6s  %s: %s%s%s"
                .formatted(
                        verdict,
                        what,
                        figure == null ? "no figure" : "%.3g".formatted(figure),
                        aim == null ? "" : (atMost ? ", at most " : ", at least ") + aim,
                        why.isEmpty() ? "" : " (" + why + ")");
    }
}
