package org.sluice.chat;

import java.util.Locale;
import org.sluice.error.InvalidRequestException;

/** How much the model thinks before it answers. */
public enum ReasoningEffort {
    OFF,
    HIGH,
    MAX;

    /**
     * The effort of that name; the names of other APIs are mapped as their servers do: none and minimal are off, low and
     * medium are high, xhigh is max.
     *
     * @throws InvalidRequestException for any other name
     */
    public static ReasoningEffort of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "off", "none", "minimal" -> OFF;
            case "low", "medium", "high" -> HIGH;
            case "xhigh", "max" -> MAX;
            default ->
                throw new InvalidRequestException("unknown reasoning effort '" + name
                        + "'; use off, high or max (or none, minimal, low, medium, xhigh)");
        };
    }
}
