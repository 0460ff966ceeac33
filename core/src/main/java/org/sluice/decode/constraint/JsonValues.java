package org.sluice.decode.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** JSON as maps, lists, strings, numbers, booleans and null; key order and exact numbers kept. */
final class JsonValues {
    private static final String SHORT = "\"\\\b\f\n\r\t";
    private static final String SHORT_NAMES = "\"\\bfnrt";

    private JsonValues() {}

    /** @throws InvalidRequestException where the text is not one JSON value */
    static @Nullable Object parse(String text) {
        try (JsonParser p = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
            if (p.nextToken() == null) {
                throw new InvalidRequestException("the schema is empty");
            }
            Object value = value(p);
            if (p.nextToken() != null) {
                throw new InvalidRequestException("more text follows the schema");
            }
            return value;
        } catch (JacksonException e) {
            throw new InvalidRequestException("the schema is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

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
            case VALUE_NUMBER_INT -> p.getBigIntegerValue();
            case VALUE_NUMBER_FLOAT -> p.getDecimalValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new InvalidRequestException("unexpected " + p.currentToken() + " in the schema");
        };
    }

    /** A value in one line and one form: the same text for the same value with the same order of keys. */
    static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case String s -> quote(s, out);
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    out.append(separator);
                    quote(String.valueOf(e.getKey()), out);
                    out.append(':');
                    write(e.getValue(), out);
                    separator = ",";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case List<?> list -> {
                String separator = "[";
                for (Object item : list) {
                    out.append(separator);
                    write(item, out);
                    separator = ",";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            default -> out.append(value);
        }
    }

    /** A string in quotes, escaped where JSON demands it and nowhere else. */
    static String quote(String s) {
        StringBuilder out = new StringBuilder();
        quote(s, out);
        return out.toString();
    }

    private static void quote(String s, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int known = SHORT.indexOf(c);
            if (known >= 0) {
                out.append('\\').append(SHORT_NAMES.charAt(known));
            } else if (c < 0x20) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    static BigDecimal decimal(Number n) {
        return switch (n) {
            case BigDecimal d -> d;
            case BigInteger i -> new BigDecimal(i);
            case Double d
            when !Double.isFinite(d) -> throw new InvalidRequestException("the schema holds the number " + d);
            default -> new BigDecimal(n.toString());
        };
    }
}
