package org.sluice.convert;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import org.sluice.backend.ProgressListener;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.model.MlaMoeConfig;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tensor.DType;
import org.sluice.tensor.quant.RandomBlocks;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a random GGUF model of any shape in any readable types, much faster than weights could be quantised, so that
 * anybody can measure the real shapes of a model without its files. What it says is nonsense; its activations keep a sane
 * scale, so that routing and selections spread as in a trained model.
 */
public final class Synthesizer {
    private static final int MAX_DESCRIPTION = 16 << 20;
    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MlaMoeConfig config;
    private final long seed;
    private final int predictionLayers;

    private Synthesizer(MlaMoeConfig config, long seed) {
        this.config = config;
        this.seed = seed;
        predictionLayers = config.numNextnPredictLayers();
    }

    /**
     * What to write.
     *
     * @param config the configuration
     * @param types the types
     * @param name what the model is called in its metadata
     */
    public record Description(MlaMoeConfig config, TypePlan types, String name) {
        /**
         * Reads a file with an object {@code config} in the form of a {@code config.json}, and an object {@code types} with a
         * type for each {@link TensorClass}, Q8_0 by default.
         *
         * @throws CheckpointException where it is no such file
         * @throws InvalidRequestException where a class or type is not known
         */
        public static Description read(Path file) {
            JsonNode json = json(file);
            if (!json.path("config").isObject()) {
                throw new CheckpointException(file + ": field 'config' must be an object in the form of a config.json");
            }
            JsonNode types = json.path("types");
            if (!types.isMissingNode() && !types.isObject()) {
                throw new CheckpointException(file + ": field 'types' must be an object");
            }
            TypePlan plan = new TypePlan(new EnumMap<>(TensorClass.class));
            for (Map.Entry<String, JsonNode> e : types.properties()) {
                plan = plan.with(e.getKey(), e.getValue().asString(""));
            }
            Path name = file.getFileName();
            return new Description(
                    MlaMoeConfig.parse(file.toString(), json.path("config").toString()),
                    plan,
                    "random " + (name == null ? "model" : name.toString().replaceFirst("\\.json$", "")));
        }

        private static JsonNode json(Path file) {
            try {
                if (Files.size(file) > MAX_DESCRIPTION) {
                    throw new CheckpointException(
                            file + ": " + Files.size(file) + " bytes are too many for a description");
                }
                return JsonMapper.shared().readTree(Files.readString(file));
            } catch (IOException e) {
                throw new CheckpointException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
            } catch (JacksonException e) {
                throw new CheckpointException(file + ": is not valid JSON: " + e.getOriginalMessage(), e);
            }
        }
    }

    /**
     * Writes a model. The same description and seed give the same file, whatever the number of threads.
     *
     * @param target the file to write; shards are named after it
     * @param options as for a conversion; their types are those of the description, an importance matrix has no meaning
     * @throws CheckpointException where the target cannot be written
     */
    public static Converted synthesize(Description what, Path target, long seed, ConvertOptions options) {
        if (options.importance().isPresent()) {
            throw new InvalidRequestException("random weights are not quantised: an importance matrix has no use");
        }
        return new Synthesizer(what.config(), seed).run(what, target, options.withTypes(what.types()));
    }

    /** {@link #synthesize(Description, Path, long, ConvertOptions)} on all processors, with listeners. */
    public static Converted synthesize(
            Description what, Path target, ProgressListener progress, Consumer<String> notes) {
        return synthesize(what, target, 0, ConvertOptions.of(what.types()).withListeners(progress, notes));
    }

    /**
     * A model of the same kind without a file, for sizes that nobody wants to write: its tensors are parts of a few random
     * patterns, which take as much memory as one tensor each. Whoever opens it closes it.
     */
    public static OpenModel inMemory(Description what, long seed) {
        Synthesizer s = new Synthesizer(what.config(), seed);
        return Models.of(
                Path.of(what.name()),
                what.config(),
                new PatternCheckpoint(
                        what.name(),
                        s.file(ConvertOptions.of(what.types()).withListeners(ProgressListener.NONE, note -> {})),
                        s::deviation,
                        seed));
    }

    private ModelFile file(ConvertOptions options) {
        var layout = ModelLayout.of(config, predictionLayers).stream()
                .filter(e ->
                        !e.name().endsWith("embed_tokens.weight") && !e.name().endsWith("shared_head_head.weight"))
                .toList();
        return new ModelFile(layout, options);
    }

    private Converted run(Description what, Path target, ConvertOptions options) {
        return file(options)
                .write(
                        target,
                        "synthesize",
                        ModelFile.merge(
                                ConfigMetadata.of(config, what.name(), predictionLayers),
                                SyntheticTokenizer.metadata(config.vocabSize(), options.notes())),
                        this::maker);
    }

    private TensorPipeline.Maker maker(ModelFile.Typed tensor) {
        ModelLayout.Entry e = tensor.entry();
        long rowBytes = tensor.dtype().bytes(e.columns());
        if (e.tensors() == TensorClass.NORMS) {
            return (first, n) -> constant(n * e.columns(), neutral(e));
        }
        RandomBlocks random = RandomBlocks.of(tensor.dtype(), deviation(e));
        long tensorSeed = mix(seed ^ mix(e.name().hashCode()));
        return (first, n) -> {
            MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(n * rowBytes)]);
            random.fill(bytes, mix(tensorSeed + first));
            return bytes;
        };
    }

    /**
     * Standard deviation that makes rows of unit size give results of unit size. Matrices that write to the residual stream
     * share one unit among all layers.
     */
    private double deviation(ModelLayout.Entry e) {
        double unit = 1 / Math.sqrt((double) e.columns());
        boolean writesResidual = e.name().contains("attn_output") || e.name().contains("ffn_down");
        return switch (e.tensors()) {
            case EMBEDDING -> 1;
            default -> writesResidual ? unit / Math.sqrt(2.0 * config.numHiddenLayers()) : unit;
        };
    }

    /** What a norm or bias leaves things as they are with. */
    static float neutral(ModelLayout.Entry e) {
        return e.name().endsWith(".bias") ? 0 : 1;
    }

    static MemorySegment constant(long n, float value) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(DType.F32.bytes(n))]);
        for (long i = 0; i < n; i++) {
            bytes.setAtIndex(LE_FLOAT, i, value);
        }
        return bytes;
    }

    /** SplitMix64's finaliser: neighbouring seeds must not give overlapping streams. */
    static long mix(long seed) {
        long z = (seed ^ seed >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }
}
