package org.sluice.decode.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** JSON as maps, lists, strings, numbers, booleans and null; key order and exact numbers kept. */
final class JsonValues {
    /** Does not look behind the value: what is wrong there is said in our words. */
    private static final ObjectReader EXACT = JsonMapper.shared()
            .readerFor(Object.class)
            .with(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final String SHORT = "\"\\\b\f\n\r\t";
    private static final String SHORT_NAMES = "\"\\bfnrt";

    private JsonValues() {}

    /** @throws InvalidRequestException where the text is not one JSON value */
    static @Nullable Object parse(String text) {
        try (JsonParser p = EXACT.createParser(text)) {
            if (p.nextToken() == null) {
                throw new InvalidRequestException("the schema is empty");
            }
            Object value = EXACT.readValue(p);
            if (p.nextToken() != null) {
                throw new InvalidRequestException("more text follows the schema");
            }
            return value;
        } catch (JacksonException e) {
            throw new InvalidRequestException("the schema is not valid JSON: " + e.getOriginalMessage(), e);
        }
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
