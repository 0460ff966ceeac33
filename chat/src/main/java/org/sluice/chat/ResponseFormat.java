package org.sluice.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an answer must look like. Reasoning before it is free, and so are calls of tools in place of it. */
public sealed interface ResponseFormat {
    /**
     * A JSON document that is valid under a schema; {@link org.sluice.decode.constraint.JsonSchema} says which keywords are
     * supported.
     *
     * @param schema as JSON values, properties in the order in which they shall be written
     */
    record Json(Map<String, Object> schema) implements ResponseFormat {
        /** Copies, keeping the order. */
        public Json {
            schema = Collections.unmodifiableMap(new LinkedHashMap<>(schema));
        }
    }

    /**
     * A text that a regular expression matches as a whole.
     *
     * @param pattern in the syntax of JSON Schema's {@code pattern}
     */
    record Pattern(String pattern) implements ResponseFormat {}

    /** A JSON document under a schema. */
    static ResponseFormat json(Map<String, Object> schema) {
        return new Json(schema);
    }

    /**
     * A JSON document under a schema.
     *
     * @param schema as text
     * @throws org.sluice.error.InvalidRequestException where it is no JSON object
     */
    static ResponseFormat json(String schema) {
        return new Json(MessageReader.object(MessageReader.parse(schema, "schema"), "schema"));
    }

    /** A JSON object with any content. */
    static ResponseFormat jsonObject() {
        return new Json(Map.of("type", "object", "additionalProperties", true));
    }

    /** A text that matches a regular expression as a whole. */
    static ResponseFormat pattern(String pattern) {
        return new Pattern(pattern);
    }
}
