package org.sluice.chat;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as plain maps, lists, strings, numbers, booleans and null, key order kept. Integers are Integer, Long or BigInteger,
 * whichever is large enough; other numbers are Double.
 *
 * <p>Read from the token stream: data binding would take a quarter of a second of a short process's life to start up.
 */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** @throws JacksonException where the text is not one JSON value */
    static @Nullable Object parse(String text) {
        try (JsonParser p = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (p.nextToken() == null) {
                throw new StreamReadException(p, "no JSON value");
            }
            Object value = value(p);
            if (p.nextToken() != null) {
                throw new StreamReadException(p, "more text after the JSON value");
            }
            return value;
        }
    }

    /** The value whose first token is the current one. Depth is bounded by the parser. */
    private static @Nullable Object value(JsonParser p) {
        return switch (p.currentToken()) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (String name = p.nextName(); name != null; name = p.nextName()) {
                    p.nextToken();
                    map.put(name, value(p));
                }
                yield map;
            }
            case START_ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                while (p.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(p));
                }
                yield list;
            }
            case VALUE_STRING -> p.getString();
            case VALUE_NUMBER_INT -> p.getNumberValue();
            case VALUE_NUMBER_FLOAT -> p.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new StreamReadException(p, "unexpected " + p.currentToken());
        };
    }

    /**
     * One line of JSON.
     *
     * @throws InvalidRequestException where the value holds something that JSON lacks
     */
    static String write(@Nullable Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator g = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(g, value);
        }
        return text.toString();
    }

    private static void write(JsonGenerator g, @Nullable Object value) {
        switch (value) {
            case null -> g.writeNull();
            case String s -> g.writeString(s);
            case Boolean b -> g.writeBoolean(b);
            case Number n
            when Double.isFinite(n.doubleValue()) || !(n instanceof Double || n instanceof Float) ->
                g.writeNumber(n.toString());
            case List<?> list -> {
                g.writeStartArray();
                list.forEach(v -> write(g, v));
                g.writeEndArray();
            }
            case Map<?, ?> map -> {
                g.writeStartObject();
                map.forEach((k, v) -> {
                    g.writeName(String.valueOf(k));
                    write(g, v);
                });
                g.writeEndObject();
            }
            default ->
                throw new InvalidRequestException(
                        "JSON has no " + value.getClass().getSimpleName() + " such as " + value);
        }
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    static Map<String, Object> object(Map<?, ?> map) {
        return (Map<String, Object>) map;
    }

    static Map<String, Object> objectOrEmpty(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? object(map) : Map.of();
    }
}
