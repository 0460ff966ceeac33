package org.sluice.backend;

import java.util.List;

/**
 * A device's answer to "can you run this?": yes, or the reasons why not.
 *
 * @param reasons empty for yes
 */
public record Support(List<String> reasons) {
    private static final Support YES = new Support(List.of());

    /** Copies the list. */
    public Support {
        reasons = List.copyOf(reasons);
    }

    /** The answer yes. */
    public static Support yes() {
        return YES;
    }

    /** The answer no, for this reason. */
    public static Support no(String reason) {
        return new Support(List.of(reason));
    }

    /** Whether the answer is yes. */
    public boolean isYes() {
        return reasons.isEmpty();
    }
}
