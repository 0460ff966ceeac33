package org.sluice.chat;

import java.util.Locale;
import org.sluice.error.InvalidRequestException;

/** Who speaks. */
public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    /** What a tool answered. */
    TOOL;

    /** The name templates and requests use. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The role of that name; {@code developer} is another word for system.
     *
     * @throws InvalidRequestException for any other name
     */
    public static Role of(String id) {
        return switch (id) {
            case "system", "developer" -> SYSTEM;
            case "user" -> USER;
            case "assistant" -> ASSISTANT;
            case "tool" -> TOOL;
            default ->
                throw new InvalidRequestException(
                        "unknown role '" + id + "'; use system, developer, user, assistant or tool");
        };
    }
}
