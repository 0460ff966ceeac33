package org.sluice.model;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.checkpoint.SafetensorsCheckpoint;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Opens model files of every family Sluice knows. */
public final class Models {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final long MAX_CONFIG = 16L << 20;

    private Models() {}

    /**
     * Opens a checkpoint folder: {@code config.json} and safetensors files.
     *
     * @throws CheckpointException where files are missing, damaged or contradict each other
     * @throws UnsupportedException where the architecture or a feature of it is not known
     */
    public static OpenModel open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new CheckpointException(folder + ": " + (Files.exists(folder) ? "is no folder" : "does not exist")
                    + "; a checkpoint is a folder with config.json and safetensors files");
        }
        Path file = folder.resolve("config.json");
        ConfigReader c = new ConfigReader(file.toString(), json(file));
        String type = c.text("model_type", "");
        if (!MlaMoeConfigReader.MODEL_TYPES.contains(type)) {
            throw new UnsupportedException(
                    file + ": model_type '" + type + "' is not supported; " + MlaMoeConfigReader.MODEL_TYPES + " are");
        }
        MlaMoeConfig config = MlaMoeConfigReader.read(c, type);
        Checkpoint checkpoint = SafetensorsCheckpoint.open(
                folder, config.weightBlock().rows(), config.weightBlock().columns());
        try {
            return new OpenModel(
                    folder, new MlaMoeModel(config, HuggingFaceNames.bind(config, checkpoint)), checkpoint);
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    private static JsonNode json(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new CheckpointException(file + ": is missing; a checkpoint folder needs it");
            }
            if (Files.size(file) > MAX_CONFIG) {
                throw new CheckpointException(
                        file + ": " + Files.size(file) + " bytes are too many for a configuration");
            }
            JsonNode node = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
            if (!node.isObject()) {
                throw new CheckpointException(file + ": must hold a JSON object");
            }
            return node;
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file + ": is not valid UTF-8", e);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new CheckpointException(file + ": is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }
}
