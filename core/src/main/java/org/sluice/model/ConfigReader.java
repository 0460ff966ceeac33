package org.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sluice.error.CheckpointException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Fields of a {@code config.json}, each checked when it is asked for; errors name file and field. */
final class ConfigReader {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final String file;
    private final String prefix;
    private final JsonNode node;

    private ConfigReader(String file, JsonNode node) {
        this(file, "", node);
    }

    private ConfigReader(String file, String prefix, JsonNode node) {
        this.file = file;
        this.prefix = prefix;
        this.node = node;
    }

    /** Reads the text of a JSON object. */
    static ConfigReader parse(String file, String json) {
        JsonNode node;
        try {
            node = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new CheckpointException(file + ": is not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!node.isObject()) {
            throw new CheckpointException(file + ": must hold a JSON object");
        }
        return new ConfigReader(file, node);
    }

    String file() {
        return file;
    }

    boolean has(String field) {
        JsonNode n = node.get(field);
        return n != null && !n.isNull();
    }

    /** The object {@code field}, if it is there. */
    Optional<ConfigReader> object(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        if (!node.get(field).isObject()) {
            throw wrong(field, "an object");
        }
        return Optional.of(new ConfigReader(file, prefix + field + ".", node.get(field)));
    }

    /** A whole number from {@code min} to {@code max}. */
    int integer(String field, int min, int max) {
        JsonNode n = required(field);
        if (!n.isIntegralNumber() || !n.canConvertToInt() || n.intValue() < min || n.intValue() > max) {
            throw wrong(field, "a whole number from " + min + " to " + max);
        }
        return n.intValue();
    }

    int integer(String field, int min, int max, int otherwise) {
        return has(field) ? integer(field, min, max) : otherwise;
    }

    /** A finite number above {@code min}. */
    double number(String field, double min) {
        JsonNode n = required(field);
        double v = n.isNumber() ? n.doubleValue() : Double.NaN;
        if (!Double.isFinite(v) || v <= min) {
            throw wrong(field, "a number above " + min);
        }
        return v;
    }

    double number(String field, double min, double otherwise) {
        return has(field) ? number(field, min) : otherwise;
    }

    boolean flag(String field, boolean otherwise) {
        if (!has(field)) {
            return otherwise;
        }
        if (!node.get(field).isBoolean()) {
            throw wrong(field, "true or false");
        }
        return node.get(field).booleanValue();
    }

    String text(String field, String otherwise) {
        if (!has(field)) {
            return otherwise;
        }
        if (!node.get(field).isString()) {
            throw wrong(field, "a text");
        }
        return node.get(field).stringValue();
    }

    /** A list of texts. */
    Optional<List<String>> texts(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        List<String> all = new ArrayList<>();
        if (node.get(field).isArray()) {
            node.get(field).forEach(n -> all.add(n.isString() ? n.stringValue() : ""));
        }
        if (all.isEmpty() || all.contains("")) {
            throw wrong(field, "a list of texts");
        }
        return Optional.of(all);
    }

    /** A whole number, a list of them, or nothing. */
    List<Integer> integers(String field) {
        List<Integer> all = new ArrayList<>();
        if (has(field)) {
            JsonNode n = node.get(field);
            Iterable<JsonNode> items = n.isArray() ? n : List.of(n);
            for (JsonNode i : items) {
                if (!i.isIntegralNumber() || !i.canConvertToInt() || i.intValue() < 0) {
                    throw wrong(field, "a whole number that is not negative, or a list of such numbers");
                }
                all.add(i.intValue());
            }
        }
        return all;
    }

    /** An error about fields that contradict each other. */
    CheckpointException contradiction(String text) {
        return new CheckpointException(file + ": " + text);
    }

    private JsonNode required(String field) {
        if (!has(field)) {
            throw new CheckpointException(file + ": field '" + prefix + field + "' is missing");
        }
        return node.get(field);
    }

    private CheckpointException wrong(String field, String expected) {
        String got = node.get(field).toString();
        return new CheckpointException(file + ": field '" + prefix + field + "' must be " + expected + ", not "
                + (got.length() > 60 ? got.substring(0, 60) + "…" : got));
    }
}
