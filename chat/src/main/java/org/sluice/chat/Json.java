package org.sluice.chat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON as plain maps, lists, strings, numbers, booleans and null, key order kept. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /** @throws JacksonException where the text is not one JSON value */
    static @Nullable Object parse(String text) {
        return MAPPER.readValue(text, Object.class);
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    static Map<String, Object> object(Map<?, ?> map) {
        return (Map<String, Object>) map;
    }

    static Map<String, Object> objectOrEmpty(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? object(map) : Map.of();
    }
}
