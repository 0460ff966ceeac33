package org.sluice.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;

/**
 * The metadata of a GGUF file, in the order of the file. Accessors are lenient where writers differ (any width of whole
 * number, whole numbers as reals) and fail with file, key and expected type otherwise. Immutable.
 *
 * <p>Each {@code find} is empty where the key is missing and each {@code require} fails then; both fail where the value is of
 * another type.
 */
public final class GgufMetadata {
    private final String file;
    private final Map<String, GgufValue> values;

    GgufMetadata(String file, Map<String, GgufValue> values) {
        this.file = file;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** The file, for messages. */
    public String file() {
        return file;
    }

    /** All keys. */
    public Set<String> keys() {
        return values.keySet();
    }

    /** All keys with their values. */
    public Map<String, GgufValue> values() {
        return values;
    }

    /** The value of a key, whatever its type. */
    public Optional<GgufValue> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** A whole number of any width. */
    public OptionalLong findInteger(String key) {
        GgufValue v = values.get(key);
        return switch (v) {
            case null -> OptionalLong.empty();
            case GgufValue.Int n when n.type() != GgufType.UINT64 || n.value() >= 0 -> OptionalLong.of(n.value());
            default -> throw wrong(key, v, "a whole number below 2^63");
        };
    }

    /** A whole number of any width. */
    public long requireInteger(String key) {
        return findInteger(key).orElseThrow(() -> missing(key, "a whole number"));
    }

    /** A count: a whole number from 0 to 2³¹ − 1. */
    public int requireCount(String key) {
        long n = requireInteger(key);
        if (n < 0 || n > Integer.MAX_VALUE) {
            throw wrong(key, values.get(key), "a count from 0 to 2147483647");
        }
        return (int) n;
    }

    /** A number of any type. */
    public OptionalDouble findReal(String key) {
        GgufValue v = values.get(key);
        return switch (v) {
            case null -> OptionalDouble.empty();
            case GgufValue.Real r -> OptionalDouble.of(r.value());
            case GgufValue.Int n
            when n.type() != GgufType.UINT64 || n.value() >= 0 -> OptionalDouble.of((double) n.value());
            default -> throw wrong(key, v, "a number");
        };
    }

    /** A number of any type. */
    public double requireReal(String key) {
        return findReal(key).orElseThrow(() -> missing(key, "a number"));
    }

    /** A truth value. */
    public Optional<Boolean> findBool(String key) {
        GgufValue v = values.get(key);
        return switch (v) {
            case null -> Optional.empty();
            case GgufValue.Bool b -> Optional.of(b.value());
            default -> throw wrong(key, v, "a truth value");
        };
    }

    /** A truth value. */
    public boolean requireBool(String key) {
        return findBool(key).orElseThrow(() -> missing(key, "a truth value"));
    }

    /** A string. */
    public Optional<String> findText(String key) {
        GgufValue v = values.get(key);
        return switch (v) {
            case null -> Optional.empty();
            case GgufValue.Text t -> Optional.of(t.value());
            default -> throw wrong(key, v, "a string");
        };
    }

    /** A string. */
    public String requireText(String key) {
        return findText(key).orElseThrow(() -> missing(key, "a string"));
    }

    /** An array. */
    public Optional<GgufArray> findArray(String key) {
        GgufValue v = values.get(key);
        return switch (v) {
            case null -> Optional.empty();
            case GgufValue.Array a -> Optional.of(a.elements());
            default -> throw wrong(key, v, "an array");
        };
    }

    /** An array. */
    public GgufArray requireArray(String key) {
        return findArray(key).orElseThrow(() -> missing(key, "an array"));
    }

    private CheckpointException missing(String key, String expected) {
        return new CheckpointException(file + ": metadata key '" + key + "', " + expected + ", is missing");
    }

    private CheckpointException wrong(String key, @Nullable GgufValue value, String expected) {
        String found = value == null ? "absent" : value.type() + (value instanceof GgufValue.Text ? "" : " " + value);
        return new CheckpointException(file + ": metadata key '" + key + "' is " + found + " instead of " + expected);
    }
}
