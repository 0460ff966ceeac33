package org.sluice.cli;

import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ToolCall;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON from maps, lists, arrays of int, strings, numbers, booleans and null; data binding would start slower. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** One line of JSON. Numbers that JSON lacks become null. */
    static String write(@Nullable Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator g = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(g, value);
        }
        return text.toString();
    }

    /** A tool call as clients know it from their own requests. */
    static Map<String, Object> call(ToolCall call) {
        Map<String, Object> m = new LinkedHashMap<>();
        if (call.id() != null) {
            m.put("id", call.id());
        }
        m.put("name", call.name());
        m.put("arguments", call.arguments());
        return m;
    }

    private static void write(JsonGenerator g, @Nullable Object value) {
        switch (value) {
            case null -> g.writeNull();
            case String s -> g.writeString(s);
            case Boolean b -> g.writeBoolean(b);
            case Double d -> {
                if (Double.isFinite(d)) {
                    g.writeNumber(d);
                } else {
                    g.writeNull();
                }
            }
            case Number n -> g.writeNumber(n.toString());
            case int[] ints -> g.writeArray(ints, 0, ints.length);
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
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }
}
