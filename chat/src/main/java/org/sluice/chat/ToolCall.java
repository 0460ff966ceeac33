package org.sluice.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call the model asks for.
 *
 * @param id what the answer refers to; null where nobody has named the call yet
 * @param name the tool
 * @param arguments JSON values by argument name, in the order the model gave them
 */
public record ToolCall(@Nullable String id, String name, Map<String, Object> arguments) {
    public ToolCall {
        // Not Map.copyOf: order is part of the prompt, and JSON null is a value.
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }

    public ToolCall(String name, Map<String, Object> arguments) {
        this(null, name, arguments);
    }
}
