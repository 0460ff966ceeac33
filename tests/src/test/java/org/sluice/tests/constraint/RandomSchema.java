package org.sluice.tests.constraint;

import java.util.SplittableRandom;

/** Schemas drawn at random: nested, recursive, with bounds. Every one has a valid document. */
final class RandomSchema {
    private static final String[] NAMES = {"a", "ab", "b c", "é", "x\\\"y", "id", "日本"};
    private static final String[] PATTERNS = {
        "^a+b?$", "^[0-9a-f]{2,4}$", "x|y", "^(\\\\w+,)*\\\\w+$", "é.", "^[^a-z]{1,3}$", "\\\\d$"
    };
    private static final String[] FORMATS = {
        "date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"
    };

    private final SplittableRandom random;

    RandomSchema(long seed) {
        random = new SplittableRandom(seed);
    }

    String schema() {
        // every recursion goes through an object and has a way out: null
        String a = object(2);
        String b = object(2);
        return "{\"$defs\":{\"A\":" + a + ",\"B\":{\"anyOf\":[" + b + ",{\"type\":\"null\"}]}},\"anyOf\":[" + object(3)
                + "," + any(3) + "]}";
    }

    private String any(int depth) {
        int kind = random.nextInt(depth > 0 ? 11 : 6);
        return switch (kind) {
            case 0 -> string();
            case 1 -> number("integer");
            case 2 -> number("number");
            case 3 -> "{\"type\":\"boolean\"}";
            case 4 -> "{\"enum\":[\"u\",\"uv\",null,12,[\"" + random.nextInt(50) + "\"],{\"k\":1.5}]}";
            case 5 -> "{\"type\":[\"null\",\"integer\"]}";
            case 6, 7 -> object(depth - 1);
            case 8 -> array(depth - 1);
            case 9 -> "{\"anyOf\":[" + any(depth - 1) + "," + any(depth - 1) + "]}";
            default -> "{\"$ref\":\"#/$defs/B\"}";
        };
    }

    private String object(int depth) {
        StringBuilder properties = new StringBuilder();
        StringBuilder required = new StringBuilder();
        int first = random.nextInt(3);
        int n = random.nextInt(4);
        for (int i = first; i < first + n; i++) {
            properties.append(properties.isEmpty() ? "" : ",").append("\"" + NAMES[i] + "\":" + any(depth));
            if (random.nextBoolean()) {
                required.append(required.isEmpty() ? "" : ",").append("\"" + NAMES[i] + "\"");
            }
        }
        String more = switch (random.nextInt(4)) {
            case 0 -> ",\"additionalProperties\":" + any(depth - 1);
            case 1 -> "";
            default -> ",\"additionalProperties\":false";
        };
        return "{\"type\":\"object\",\"properties\":{" + properties + "},\"required\":[" + required + "]" + more + "}";
    }

    private String array(int depth) {
        int min = random.nextInt(3);
        String max = random.nextBoolean() ? "" : ",\"maxItems\":" + (min + random.nextInt(3));
        return "{\"type\":\"array\",\"items\":" + any(depth) + ",\"minItems\":" + min + max + "}";
    }

    private String string() {
        return switch (random.nextInt(5)) {
            case 0 -> "{\"type\":\"string\"}";
            case 1 -> "{\"type\":\"string\",\"pattern\":\"" + PATTERNS[random.nextInt(PATTERNS.length)] + "\"}";
            case 2 -> "{\"type\":\"string\",\"format\":\"" + FORMATS[random.nextInt(FORMATS.length)] + "\"}";
            case 3 -> "{\"type\":\"string\",\"minLength\":" + random.nextInt(5) + "}";
            default -> {
                int min = random.nextInt(5);
                yield "{\"type\":\"string\",\"minLength\":" + min + ",\"maxLength\":" + (min + random.nextInt(40))
                        + "}";
            }
        };
    }

    private String number(String type) {
        StringBuilder b = new StringBuilder("{\"type\":\"" + type + "\"");
        int low = random.nextInt(-300, 300);
        String tail = type.equals("number") ? "." + random.nextInt(1, 100) : "";
        if (random.nextBoolean()) {
            b.append(random.nextBoolean() ? ",\"minimum\":" : ",\"exclusiveMinimum\":")
                    .append(low)
                    .append(tail);
        }
        if (random.nextBoolean()) {
            b.append(random.nextBoolean() ? ",\"maximum\":" : ",\"exclusiveMaximum\":");
            b.append(low + 60 + random.nextInt(4000)).append(tail);
        }
        if (random.nextInt(3) == 0) {
            b.append(",\"multipleOf\":")
                    .append(type.equals("number") && random.nextBoolean() ? "0.5" : "" + (1 + random.nextInt(20)));
        }
        return b.append("}").toString();
    }
}
