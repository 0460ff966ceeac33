package org.sluice.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sluice.error.InvalidRequestException;

/**
 * A function the model may call.
 *
 * @param definition the JSON object as it was given, key order kept: either the function itself or a wrapper with the member
 *     {@code function}. Templates print it, so what the model sees is what the application wrote
 */
public record Tool(Map<String, Object> definition) {
    public Tool {
        definition = Collections.unmodifiableMap(new LinkedHashMap<>(definition));
        if (!(function(definition).get("name") instanceof String name) || name.isBlank()) {
            throw new InvalidRequestException(
                    "a tool has no name; give {\"type\": \"function\", \"function\": {\"name\": …}}");
        }
    }

    public String name() {
        return String.valueOf(function(definition).get("name"));
    }

    /** The function's own object: name, description, parameters. */
    public Map<String, Object> function() {
        return function(definition);
    }

    /** JSON Schema of the arguments; empty where the tool states none. */
    public Map<String, Object> parameters() {
        return Json.objectOrEmpty(function().get("parameters"));
    }

    private static Map<String, Object> function(Map<String, Object> definition) {
        return definition.get("function") instanceof Map<?, ?> inner ? Json.object(inner) : definition;
    }
}
