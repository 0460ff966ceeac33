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
    private ArgumentValue() {}

    /**
     * A string verbatim where the schema says string; else JSON, else a Python literal (models write {@code True} and
     * {@code 'x'}), else the text itself.
     *
     * @param schema JSON Schema of this argument; empty where it is not known
     */
    static @Nullable Object of(String raw, Map<String, Object> schema) {
        Set<String> types = types(schema, 0);
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

    private static Set<String> types(Map<String, Object> schema, int depth) {
        Set<String> types = new HashSet<>();
        if (schema.get("type") instanceof String one) {
            types.add(one);
        } else if (schema.get("type") instanceof List<?> several) {
            several.forEach(t -> types.add(String.valueOf(t)));
        } else if (schema.get("enum") instanceof List<?> choices) {
            choices.forEach(c -> types.add(type(c)));
        } else if (depth < 4) {
            for (String union : List.of("anyOf", "oneOf")) {
                if (schema.get(union) instanceof List<?> branches) {
                    branches.forEach(b -> types.addAll(types(Json.objectOrEmpty(b), depth + 1)));
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
