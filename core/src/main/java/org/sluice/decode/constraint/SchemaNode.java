package org.sluice.decode.constraint;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/**
 * One schema object, its keywords read with their types checked.
 *
 * @param path where it stands, as a JSON pointer
 */
record SchemaNode(Map<String, @Nullable Object> keywords, String path) {
    /** Any type. */
    static final String ANY = "any";

    private static final Set<String> ANNOTATIONS = Set.of(
            "title",
            "description",
            "default",
            "example",
            "examples",
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "deprecated",
            "readOnly",
            "writeOnly",
            "strict");
    private static final Map<String, String> TYPE_OF = typeOfKeyword();

    private static Map<String, String> typeOfKeyword() {
        Map<String, String> m = new LinkedHashMap<>();
        for (String k : List.of("properties", "required", "additionalProperties")) {
            m.put(k, "object");
        }
        for (String k : List.of("items", "minItems", "maxItems", "uniqueItems")) {
            m.put(k, "array");
        }
        for (String k : List.of("pattern", "format", "minLength", "maxLength")) {
            m.put(k, "string");
        }
        for (String k : List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) {
            m.put(k, "number");
        }
        return m;
    }

    /** @throws InvalidRequestException where it is no object */
    static SchemaNode of(@Nullable Object schema, String path) {
        if (!(schema instanceof Map<?, ?> map)) {
            throw new InvalidRequestException("the schema at " + path + " is " + JsonValues.write(schema)
                    + "; a schema is an object, true or false");
        }
        Map<String, @Nullable Object> keywords = new LinkedHashMap<>();
        map.forEach((k, v) -> keywords.put(String.valueOf(k), v));
        return new SchemaNode(keywords, path);
    }

    boolean has(String keyword) {
        return keywords.containsKey(keyword);
    }

    @Nullable
    Object get(String keyword) {
        return keywords.get(keyword);
    }

    private static boolean isAnnotation(String keyword) {
        return ANNOTATIONS.contains(keyword) || keyword.startsWith("x-");
    }

    /** Refuses whatever stands beside a keyword that replaces the whole schema. */
    void alone(String keyword) {
        for (String other : keywords.keySet()) {
            if (!other.equals(keyword) && !isAnnotation(other)) {
                throw unsupported(other, "beside " + keyword + "; move it into the schemas " + keyword + " names");
            }
        }
    }

    /** Refuses what is not supported here. */
    void check() {
        for (String keyword : keywords.keySet()) {
            boolean known = keyword.equals("type") || keyword.equals("enum") || keyword.equals("const");
            if (known || isAnnotation(keyword)) {
                continue;
            }
            if (!TYPE_OF.containsKey(keyword)) {
                throw unsupported(keyword, "; leave it out or express it otherwise");
            }
            if (hasValues()) {
                throw unsupported(keyword, "beside enum or const; leave out the values it excludes");
            }
        }
        if (has("uniqueItems") && !Boolean.FALSE.equals(get("uniqueItems"))) {
            throw unsupported("uniqueItems", "; leave it out and check the answer");
        }
    }

    /** Whether the values are listed. */
    boolean hasValues() {
        return has("enum") || has("const");
    }

    /** The listed values, of the types the schema asks for. */
    List<@Nullable Object> values() {
        List<@Nullable Object> all = new ArrayList<>();
        if (has("const")) {
            all.add(get("const"));
        } else {
            all.addAll(list("enum"));
        }
        if (has("const") && has("enum")) {
            throw unsupported("enum", "beside const; use one of them");
        }
        if (has("type")) {
            List<String> types = types();
            all.removeIf(v -> types.stream().noneMatch(t -> isOf(t, v)));
        }
        return all;
    }

    private static boolean isOf(String type, @Nullable Object value) {
        return switch (type) {
            case "null" -> value == null;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "array" -> value instanceof List<?>;
            case "object" -> value instanceof Map<?, ?>;
            case "number" -> value instanceof Number;
            case "integer" ->
                value instanceof Number n
                        && JsonValues.decimal(n).stripTrailingZeros().scale() <= 0;
            default -> false;
        };
    }

    /** The types asked for; where none are, those its keywords speak of. */
    List<String> types() {
        Object type = get("type");
        if (type instanceof String s) {
            return List.of(s);
        }
        if (type instanceof List<?> list) {
            List<String> all = new ArrayList<>();
            list.forEach(t -> all.add(String.valueOf(t)));
            return all;
        }
        if (has("type")) {
            throw invalid("type", "a name or a list of names");
        }
        for (Map.Entry<String, String> e : TYPE_OF.entrySet()) {
            if (has(e.getKey())) {
                return List.of(e.getValue());
            }
        }
        return List.of(ANY);
    }

    String text(String keyword) {
        if (get(keyword) instanceof String s) {
            return s;
        }
        throw invalid(keyword, "a string");
    }

    List<?> list(String keyword) {
        if (get(keyword) instanceof List<?> list && !list.isEmpty()) {
            return list;
        }
        throw invalid(keyword, "a list that is not empty");
    }

    List<String> strings(String keyword) {
        if (!has(keyword)) {
            return List.of();
        }
        if (get(keyword) instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        throw invalid(keyword, "a list of strings");
    }

    Map<String, @Nullable Object> object(String keyword) {
        if (!has(keyword)) {
            return Collections.emptyMap();
        }
        if (get(keyword) instanceof Map<?, ?> map) {
            return of(map, path).keywords();
        }
        throw invalid(keyword, "an object");
    }

    @Nullable
    BigDecimal number(String keyword) {
        if (!has(keyword)) {
            return null;
        }
        if (get(keyword) instanceof Number n) {
            return JsonValues.decimal(n);
        }
        throw invalid(keyword, "a number");
    }

    /** A count; one too large to matter is capped. */
    int count(String keyword, int otherwise) {
        BigDecimal n = number(keyword);
        if (n == null) {
            return otherwise;
        }
        if (n.signum() < 0 || n.stripTrailingZeros().scale() > 0) {
            throw invalid(keyword, "a whole number that is not negative");
        }
        return n.min(BigDecimal.valueOf(Integer.MAX_VALUE / 2)).intValueExact();
    }

    UnsupportedException unsupported(String keyword, String how) {
        return new UnsupportedException("the schema keyword '" + keyword + "' at " + path + " is not supported"
                + (how.startsWith(";") ? how : " " + how));
    }

    InvalidRequestException contradiction(String low, Object a, String high, Object b) {
        return new InvalidRequestException(
                "the schema at " + path + " contradicts itself: " + low + " is " + a + ", " + high + " is " + b);
    }

    private InvalidRequestException invalid(String keyword, String wanted) {
        return new InvalidRequestException("the schema keyword '" + keyword + "' at " + path + " must be " + wanted
                + ", not " + JsonValues.write(get(keyword)));
    }
}
