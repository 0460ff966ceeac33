package org.sluice.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sluice.error.CheckpointException;

/** How llama.cpp names and numbers the shards of a split model: {@code name-00001-of-00011.gguf}. */
final class GgufSplit {
    static final String NUMBER = "split.no";
    static final String COUNT = "split.count";
    static final String TENSORS = "split.tensors.count";

    private static final Pattern SHARD = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    private GgufSplit() {}

    /** Name of shard {@code index}, counted from 0. */
    static String shardName(String prefix, int index, int count) {
        return "%s-%05d-of-%05d.gguf".formatted(prefix, index + 1, count);
    }

    /**
     * All files of the model that {@code path} belongs to, in order.
     *
     * @param path a file, any shard of a split model, or a folder with one model
     * @throws CheckpointException where a shard is missing, or the folder holds no model or several
     */
    static List<Path> files(Path path) {
        Path file = Files.isDirectory(path) ? onlyModel(path) : path;
        Matcher m = SHARD.matcher(fileName(file));
        if (!m.matches()) {
            return List.of(file);
        }
        int count = Integer.parseInt(m.group(3));
        if (count == 0 || Integer.parseInt(m.group(2)) > count) {
            throw new CheckpointException(file + ": the name is that of a shard, but not of one of " + count);
        }
        List<Path> shards = IntStream.range(0, count)
                .mapToObj(i -> file.resolveSibling(shardName(m.group(1), i, count)))
                .toList();
        List<String> missing = shards.stream()
                .filter(s -> !Files.exists(s))
                .map(GgufSplit::fileName)
                .toList();
        if (!missing.isEmpty()) {
            throw new CheckpointException(file + " is one of " + count + " shards, but " + missing.size()
                    + " are missing: " + String.join(", ", missing.subList(0, Math.min(8, missing.size())))
                    + (missing.size() > 8 ? ", …" : "") + "; download them to the same folder");
        }
        return shards;
    }

    private static Path onlyModel(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> models = entries.filter(f -> fileName(f).endsWith(".gguf"))
                    .filter(f -> isFirst(fileName(f)))
                    .sorted()
                    .toList();
            if (models.size() != 1) {
                throw new CheckpointException(folder
                        + (models.isEmpty()
                                ? " holds no GGUF model"
                                : " holds " + models.size() + " GGUF models, name one: " + models));
            }
            return models.getFirst();
        } catch (IOException e) {
            throw new CheckpointException(folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    /** Whether this is the only file of a model or the first that is there of its shards. */
    private static boolean isFirst(String name) {
        Matcher m = SHARD.matcher(name);
        return !m.matches() || Integer.parseInt(m.group(2)) == 1;
    }

    /**
     * Checks what the shards say of the split against what there is.
     *
     * @throws CheckpointException where they contradict each other
     */
    static void check(List<GgufFile> shards) {
        GgufMetadata first = shards.getFirst().metadata();
        for (int i = 0; i < shards.size(); i++) {
            GgufMetadata m = shards.get(i).metadata();
            expect(m, COUNT, shards.size(), shards.size() > 1);
            expect(m, NUMBER, i, shards.size() > 1);
        }
        OptionalLong promised = first.findInteger(TENSORS);
        long found = shards.stream().mapToLong(s -> s.tensors().size()).sum();
        if (promised.isPresent() && promised.getAsLong() != found) {
            throw new CheckpointException(first.file() + ": metadata key '" + TENSORS + "' promises "
                    + promised.getAsLong() + " tensors, but the " + shards.size() + " files hold " + found);
        }
    }

    private static void expect(GgufMetadata m, String key, long expected, boolean required) {
        long value = required ? m.requireInteger(key) : m.findInteger(key).orElse(expected);
        // Some tools write a count of 0 or 1 to files that are not split.
        boolean unsplit = !required && key.equals(COUNT) && value == 0;
        if (value != expected && !unsplit) {
            throw new CheckpointException(m.file() + ": metadata key '" + key + "' is " + value + " instead of "
                    + expected + "; shards keep the names they were published with, all in one folder");
        }
    }

    private static String fileName(Path path) {
        return Optional.ofNullable(path.getFileName()).map(Path::toString).orElse("");
    }
}
