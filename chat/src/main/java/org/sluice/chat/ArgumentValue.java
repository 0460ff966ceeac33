package org.sluice.chat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.PythonLiteral;
import tools.jackson.core.JacksonException;

/** Gives an argument's text the type its tool's schema asks for. */
final class ArgumentValue {
    private static final int MAX_DEPTH = 8;

    private ArgumentValue() {}

    /**
     * A string verbatim where the schema says string; else JSON, else a Python literal (models write {@code True} and
     * {@code 'x'}), else the text itself.
     *
     * @param schema JSON Schema of this argument; empty where it is not known
     * @param root the schema it is part of, which its references point into
     */
    static @Nullable Object of(String raw, Map<String, Object> schema, Map<String, Object> root) {
        Set<String> types = types(schema, root, 0);
        if (!types.contains("string")) {
            return parsed(raw, raw);
        }
        if (types.size() == 1) {
            return raw;
        }
        // One of several types: text that reads as one of the others is that, everything else is the string.
        Object value = parsed(raw, raw);
        return types.contains(type(value)) ? value instanceof String ? raw : value : raw;
    }

    private static @Nullable Object parsed(String raw, String otherwise) {
        String text = raw.strip();
        try {
            return Json.parse(text);
        } catch (JacksonException notJson) {
            return PythonLiteral.parse(text)
                    .orElse(new PythonLiteral(otherwise))
                    .value();
        }
    }

    /** What a schema is once its references are followed; empty where they lead nowhere. */
    static Map<String, Object> resolve(Map<String, Object> schema, Map<String, Object> root) {
        Map<String, Object> at = schema;
        for (int steps = 0; at.get("$ref") instanceof String pointer && steps < MAX_DEPTH; steps++) {
            Object target = root;
            String[] parts = pointer.split("/", -1);
            for (int i = 1; i < parts.length; i++) {
                target = Json.objectOrEmpty(target)
                        .get(parts[i].replace("~1", "/").replace("~0", "~"));
            }
            at = pointer.startsWith("#") ? Json.objectOrEmpty(target) : Map.of();
        }
        return at;
    }

    private static Set<String> types(Map<String, Object> given, Map<String, Object> root, int depth) {
        Map<String, Object> schema = resolve(given, root);
        Set<String> types = new HashSet<>();
        if (schema.get("type") instanceof String one) {
            types.add(one);
        } else if (schema.get("type") instanceof List<?> several) {
            several.forEach(t -> types.add(String.valueOf(t)));
        } else if (schema.get("enum") instanceof List<?> choices) {
            choices.forEach(c -> types.add(type(c)));
        } else if (schema.containsKey("const")) {
            types.add(type(schema.get("const")));
        } else if (depth < MAX_DEPTH) {
            for (String union : List.of("anyOf", "oneOf", "allOf")) {
                if (schema.get(union) instanceof List<?> branches) {
                    branches.forEach(b -> types.addAll(types(Json.objectOrEmpty(b), root, depth + 1)));
                }
            }
        }
        if (types.contains("number")) {
            types.add("integer");
        }
        return types;
    }

    private static String type(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String s -> "string";
            case Boolean b -> "boolean";
            case Float f -> "number";
            case Double d -> "number";
            case Number n -> "integer";
            case List<?> l -> "array";
            default -> "object";
        };
    }
}
