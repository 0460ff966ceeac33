package org.sluice.checkpoint;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.sluice.error.CheckpointException;
import tools.jackson.core.JacksonException;

/**
 * A {@code model.safetensors.index.json}: {@code {"metadata": {..}, "weight_map": {"tensor": "shard file"}}}.
 *
 * @param path where the index is
 * @param shards the shard that holds each tensor, by name of the tensor
 */
record SafetensorsIndex(Path path, Map<String, Path> shards) {
    static final String FILE_NAME = "model.safetensors.index.json";

    private static final String WEIGHT_MAP = "weight_map";

    /**
     * Reads an index; every shard exists.
     *
     * @throws CheckpointException where the index is damaged, or names a shard that is missing or outside its folder
     */
    static SafetensorsIndex read(Path path) {
        Map<String, Path> shards;
        try (MappedFile file = MappedFile.open(path)) {
            if (file.size() > SafetensorsJson.MAX_BYTES) {
                throw new CheckpointException(path + ": an index of " + file.size() + " bytes exceeds the limit of "
                        + SafetensorsJson.MAX_BYTES + " bytes");
            }
            try (SafetensorsJson json = new SafetensorsJson(path, file.memory())) {
                try {
                    shards = weightMap(path, json);
                } catch (JacksonException e) {
                    throw json.error(e);
                }
            }
        }
        List<Path> missing = shards.values().stream()
                .distinct()
                .filter(p -> !Files.isRegularFile(p))
                .toList();
        if (!missing.isEmpty()) {
            throw new CheckpointException(path + ", field '" + WEIGHT_MAP + "': shard " + missing.getFirst()
                    + " is missing (" + missing.size() + " of "
                    + shards.values().stream().distinct().count()
                    + " shards are); download the whole checkpoint");
        }
        return new SafetensorsIndex(path, shards);
    }

    /** The shards, each once, in the order of the index. */
    List<Path> files() {
        return shards.values().stream().distinct().toList();
    }

    private static Map<String, Path> weightMap(Path path, SafetensorsJson json) {
        Path folder = path.toAbsolutePath().normalize().resolveSibling("");
        Map<String, Path> known = new LinkedHashMap<>();
        Map<String, Path> shards = null;
        json.object(() -> "the index");
        for (String field = json.name(); field != null; field = json.name()) {
            if (!field.equals(WEIGHT_MAP)) {
                json.skip();
                continue;
            }
            if (shards != null) {
                throw json.error("field '" + WEIGHT_MAP + "' is listed twice");
            }
            shards = new LinkedHashMap<>();
            json.object(() -> "field '" + WEIGHT_MAP + "'");
            for (String tensor = json.name(); tensor != null; tensor = json.name()) {
                String name = tensor;
                Supplier<String> what =
                        () -> "field '" + WEIGHT_MAP + "', tensor '" + SafetensorsJson.quote(name) + "',";
                String shard = json.string(what);
                Path file = known.get(shard);
                if (file == null) {
                    file = inside(folder, shard, what, json);
                    known.put(shard, file);
                }
                if (shards.put(tensor, file) != null) {
                    throw json.error(what.get() + " is listed twice");
                }
            }
        }
        json.end();
        if (shards == null || shards.isEmpty()) {
            throw json.error("field '" + WEIGHT_MAP + "' is missing or empty");
        }
        return shards;
    }

    /** A link that leads out of the folder is the user's; a name that does is not. */
    private static Path inside(Path folder, String shard, Supplier<String> what, SafetensorsJson json) {
        try {
            Path file = folder.resolve(shard).normalize();
            if (!shard.isEmpty() && !Path.of(shard).isAbsolute() && file.startsWith(folder) && !file.equals(folder)) {
                return file;
            }
        } catch (InvalidPathException e) {
            throw json.error(
                    what.get() + " names the shard '" + SafetensorsJson.quote(shard) + "', which is no file name");
        }
        throw json.error(
                what.get() + " names the shard '" + SafetensorsJson.quote(shard) + "', which is not inside the folder");
    }
}
