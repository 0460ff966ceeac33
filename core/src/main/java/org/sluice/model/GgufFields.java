package org.sluice.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.sluice.checkpoint.GgufArray;
import org.sluice.checkpoint.GgufMetadata;
import org.sluice.checkpoint.GgufValue;
import org.sluice.error.CheckpointException;

/** The metadata of one architecture, each key checked when it is asked for; errors name file and key. */
final class GgufFields {
    private final GgufMetadata metadata;
    private final String prefix;

    /** Fields whose keys begin with the name of an architecture. */
    GgufFields(GgufMetadata metadata, String architecture) {
        this.metadata = metadata;
        prefix = architecture + ".";
    }

    String file() {
        return metadata.file();
    }

    boolean has(String key) {
        return metadata.find(prefix + key).isPresent();
    }

    /** A whole number from {@code min} to {@code max}, or a list with the same number for every layer. */
    int count(String key, int min, int max) {
        String full = prefix + key;
        long n = metadata.find(full).orElse(null) instanceof GgufValue.Array a
                ? uniform(full, a.elements())
                : metadata.requireInteger(full);
        if (n < min || n > max) {
            throw wrong(key, Long.toString(n), "a whole number from " + min + " to " + max);
        }
        return (int) n;
    }

    int count(String key, int min, int max, int otherwise) {
        return has(key) ? count(key, min, max) : otherwise;
    }

    private long uniform(String key, GgufArray array) {
        long[] all = array.integers();
        if (all.length == 0 || Arrays.stream(all).anyMatch(v -> v != all[0])) {
            throw new CheckpointException(file() + ": metadata key '" + key + "' is " + array
                    + " with different values; only layers of one kind are supported");
        }
        return all[0];
    }

    /** A finite number above {@code min}. */
    double number(String key, double min) {
        double v = metadata.requireReal(prefix + key);
        if (!Double.isFinite(v) || v <= min) {
            throw wrong(key, Double.toString(v), "a number above " + min);
        }
        return v;
    }

    double number(String key, double min, double otherwise) {
        return has(key) ? number(key, min) : otherwise;
    }

    boolean flag(String key, boolean otherwise) {
        return metadata.findBool(prefix + key).orElse(otherwise);
    }

    String text(String key, String otherwise) {
        return metadata.findText(prefix + key).orElse(otherwise);
    }

    /**
     * For each layer yes or no. Writers differ: truth values, whole numbers, texts, or one value for all layers.
     *
     * @param yes the text that means yes
     * @param no the text that means no
     */
    Optional<List<Boolean>> flags(String key, int layers, String yes, String no) {
        return metadata.find(prefix + key).map(v -> switch (v) {
            case GgufValue.Bool b -> Collections.nCopies(layers, b.value());
            case GgufValue.Int n -> Collections.nCopies(layers, n.value() != 0);
            case GgufValue.Array a -> flags(key, a.elements(), layers, yes, no);
            default -> throw wrong(key, v.toString(), "a list with a truth value for each layer");
        });
    }

    private List<Boolean> flags(String key, GgufArray array, int layers, String yes, String no) {
        List<Boolean> all = switch (array.elementType()) {
            case BOOL -> {
                boolean[] values = array.bools();
                yield IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
            }
            case STRING ->
                array.texts().stream().map(t -> isYes(key, t, yes, no)).toList();
            default -> Arrays.stream(array.integers()).mapToObj(n -> n != 0).toList();
        };
        if (all.size() < layers) {
            throw contradiction("metadata key '" + prefix + key + "' covers " + all.size() + " layers of " + layers);
        }
        return all.subList(0, layers);
    }

    private boolean isYes(String key, String value, String yes, String no) {
        if (!value.equals(yes) && !value.equals(no)) {
            throw contradiction("metadata key '" + prefix + key + "' holds '" + value + "'; it may hold '" + yes
                    + "' and '" + no + "'");
        }
        return value.equals(yes);
    }

    /** An error about values that contradict each other or the tensors. */
    CheckpointException contradiction(String text) {
        return new CheckpointException(file() + ": " + text);
    }

    private CheckpointException wrong(String key, String value, String expected) {
        return contradiction("metadata key '" + prefix + key + "' is " + value + " instead of " + expected);
    }
}
