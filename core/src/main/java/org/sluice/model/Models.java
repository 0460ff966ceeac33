package org.sluice.model;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.stream.Stream;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.SafetensorsCheckpoint;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

/** Opens model files of every family Sluice knows. */
public final class Models {
    private static final String CONFIG = "config.json";
    private static final long MAX_CONFIG = 16L << 20;

    private Models() {}

    /**
     * Opens a model: a GGUF file (of a split model any shard), a folder that holds one GGUF model, or a Hugging Face folder
     * with {@code config.json} and safetensors files.
     *
     * @throws CheckpointException where files are missing, damaged or contradict each other
     * @throws UnsupportedException where the architecture or a feature of it is not known
     */
    public static OpenModel open(Path path) {
        if (!Files.exists(path)) {
            throw new CheckpointException(
                    path + ": does not exist; a model is a folder with config.json and safetensors"
                            + " files, or a GGUF file");
        }
        return isGguf(path) ? gguf(path) : huggingFace(path);
    }

    /**
     * A model whose weights lie in no file of its own.
     *
     * @param name stands where the path of a file would
     * @param weights its tensors under the names that GGUF gives them; closed with the model, and where this fails
     * @throws CheckpointException where a tensor is missing or has another shape than the configuration asks for
     */
    public static OpenModel of(Path name, MlaMoeConfig config, Checkpoint weights) {
        return over(name, weights, c -> new MlaMoeModel(config, GgufNames.bind(config, c)));
    }

    /**
     * Whether {@link #open} takes what lies here for GGUF: a file, or a folder that holds {@code .gguf} but no safetensors
     * files.
     */
    public static boolean isGguf(Path path) {
        if (!Files.isDirectory(path)) {
            return true;
        }
        try (Stream<Path> entries = Files.list(path)) {
            boolean gguf = false;
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (entry.toString().endsWith(".safetensors")) {
                    return false;
                }
                gguf |= GgufCheckpoint.isGguf(entry);
            }
            return gguf;
        } catch (IOException e) {
            throw new CheckpointException(path + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /** The text of the {@code config.json} in a folder. */
    static ConfigReader config(Path folder) {
        Path file = folder.resolve(CONFIG);
        try {
            if (!Files.isRegularFile(file)) {
                throw new CheckpointException(file + ": is missing; a checkpoint folder needs it");
            }
            if (Files.size(file) > MAX_CONFIG) {
                throw new CheckpointException(
                        file + ": " + Files.size(file) + " bytes are too many for a configuration");
            }
            return ConfigReader.parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file + ": is not valid UTF-8", e);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static OpenModel huggingFace(Path folder) {
        MlaMoeConfig config = MlaMoeConfigReader.read(config(folder));
        Checkpoint files = SafetensorsCheckpoint.open(
                folder, config.weightBlock().rows(), config.weightBlock().columns());
        return over(folder, files, c -> new MlaMoeModel(config, HuggingFaceNames.bind(config, c)));
    }

    private static OpenModel gguf(Path path) {
        GgufCheckpoint files = GgufCheckpoint.open(path);
        return over(path, files, c -> {
            MlaMoeConfig config = GgufConfigReader.read(files);
            return new MlaMoeModel(config, GgufNames.bind(config, files));
        });
    }

    private static OpenModel over(Path path, Checkpoint files, Function<Checkpoint, LanguageModel> bind) {
        try {
            return new OpenModel(path, bind.apply(files), files);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }
}
