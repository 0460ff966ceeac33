package org.sluice.convert;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.checkpoint.SafetensorsCheckpoint;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.model.MlaMoeConfig;
import org.sluice.model.Models;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.BlockEncoder;

/**
 * Turns a Hugging Face checkpoint (BF16, F16, F32 or FP8 safetensors) into a GGUF file that llama.cpp reads as well:
 * configuration, tokenizer and chat template in its metadata, every tensor in the type chosen for its class.
 *
 * <p>Tensors are read from the mapping, encoded in chunks and written at once, so that memory stays small whatever the
 * model's size. The file appears under its name only when it is complete.
 */
public final class Converter {
    private final MlaMoeConfig config;
    private final Checkpoint source;
    private final ConvertOptions options;
    private final Optional<Importance> importance;

    private Converter(MlaMoeConfig config, Checkpoint source, ConvertOptions options) {
        this.config = config;
        this.source = source;
        this.options = options;
        importance = options.importance().map(Importance::open);
    }

    /**
     * Converts a checkpoint.
     *
     * @param folder a folder with config.json, safetensors files and, for a file that can chat, tokenizer.json
     * @param target the file to write; shards are named after it
     * @throws CheckpointException where files are missing or damaged, or the target cannot be written
     * @throws org.sluice.error.UnsupportedException where GGUF has no way to say what the configuration does, or a type can
     *     only be read
     */
    public static Converted convert(Path folder, Path target, ConvertOptions options) {
        if (!Files.isDirectory(folder) || Models.isGguf(folder)) {
            throw new InvalidRequestException(folder + " is no folder with config.json and safetensors files");
        }
        Path file = folder.resolve("config.json");
        MlaMoeConfig config = MlaMoeConfig.parse(file.toString(), text(file));
        MlaMoeConfig.WeightBlock block = config.weightBlock();
        try (Checkpoint source = SafetensorsCheckpoint.open(folder, block.rows(), block.columns())) {
            return new Converter(config, source, options).run(folder, target);
        }
    }

    private Converted run(Path folder, Path target) {
        int predictionLayers = predictionLayers();
        List<ModelLayout.Entry> layout = ModelLayout.of(config, predictionLayers).stream()
                .filter(e -> !e.optional() || source.find(e.source()).isPresent())
                .toList();
        ModelFile file = new ModelFile(layout, options);
        // what could go wrong goes wrong before the first byte is written
        file.tensors().forEach(t -> {
            source(t.entry());
            BlockEncoder.of(t.dtype());
            columnWeights(t);
        });
        noteImportance(file);
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return file.write(
                target,
                "convert",
                ModelFile.merge(
                        ConfigMetadata.of(config, name == null ? "model" : name.toString(), predictionLayers),
                        ChatMetadata.of(folder, config, options.notes())),
                this::maker);
    }

    /** Checkpoints are also published without the layers for multi-token prediction that their configuration names. */
    private int predictionLayers() {
        int promised = config.numNextnPredictLayers();
        String probe = "model.layers." + config.numHiddenLayers() + ".eh_proj.weight";
        if (promised > 0 && source.find(probe).isEmpty()) {
            options.notes()
                    .accept(source.name() + " lacks '" + probe
                            + "': the file gets no layer for multi-token prediction");
            return 0;
        }
        return promised;
    }

    private void noteImportance(ModelFile file) {
        if (importance.isEmpty()) {
            return;
        }
        List<String> without = file.tensors().stream()
                .filter(t -> t.dtype().isQuantised())
                .map(t -> t.entry().name())
                .filter(n -> !importance.get().covers(n))
                .toList();
        if (!without.isEmpty()) {
            options.notes()
                    .accept("the importance matrix says nothing about " + without.size()
                            + " quantised tensors, among them " + without.getFirst());
        }
    }

    private TensorPipeline.Maker maker(ModelFile.Typed tensor) {
        RowSource rows = source(tensor.entry());
        DType dtype = tensor.dtype();
        int columns = Math.toIntExact(tensor.entry().columns());
        long rowBytes = dtype.bytes(columns);
        if (rows.isStoredAs(dtype)) {
            return (first, n) -> {
                MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(n * rowBytes)]);
                for (int i = 0; i < n; i++) {
                    rows.copy(first + i, bytes, i * rowBytes);
                }
                return bytes;
            };
        }
        BlockEncoder encoder = BlockEncoder.of(dtype);
        Optional<float[][]> weights = columnWeights(tensor);
        long perMatrix = tensor.entry().rows() / matrices(tensor.entry());
        return (first, n) -> {
            float[] values = new float[n * columns];
            rows.read(first, n, values);
            MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(n * rowBytes)]);
            for (int i = 0; i < n; i++) {
                float[] w = null;
                if (weights.isPresent()) {
                    float[][] all = weights.get();
                    w = all[all.length == 1 ? 0 : (int) ((first + i) / perMatrix)];
                }
                encode(encoder, tensor.entry(), first + i, values, i * columns, columns, w, bytes, i * rowBytes);
            }
            return bytes;
        };
    }

    private void encode(
            BlockEncoder encoder,
            ModelLayout.Entry entry,
            long row,
            float[] values,
            int from,
            int columns,
            float @Nullable [] weights,
            MemorySegment to,
            long offset) {
        try {
            encoder.encode(values, from, columns, weights, to, offset);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    source.name() + ": " + entry.source() + " for row " + row + " of " + entry.name() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private Optional<float[][]> columnWeights(ModelFile.Typed t) {
        return t.dtype().isQuantised()
                ? importance.flatMap(i ->
                        i.of(t.entry().name(), matrices(t.entry()), t.entry().columns()))
                : Optional.empty();
    }

    private static long matrices(ModelLayout.Entry e) {
        return e.shape().rank() == 3 ? e.shape().extent(0) : 1;
    }

    private RowSource source(ModelLayout.Entry e) {
        MlaMoeConfig.Attention a = config.attention();
        return switch (e.form()) {
            case PLAIN -> RowSource.Plain.of(source.require(e.source(), extents(e)));
            case EXPERTS ->
                RowSource.Plain.of(source.bank(
                        e.source(), (int) e.shape().extent(0), e.shape().extent(1), e.columns()));
            case KEY_UP -> new RowSource.KeyUp(up(e, a), a);
            case VALUE_UP ->
                new RowSource.Plain(up(e, a), a.vHeadDim(), a.qkNopeHeadDim() + a.vHeadDim(), a.qkNopeHeadDim());
        };
    }

    private Weight up(ModelLayout.Entry e, MlaMoeConfig.Attention a) {
        long rows = (long) a.numAttentionHeads() * (a.qkNopeHeadDim() + a.vHeadDim());
        return source.require(e.source(), rows, a.kvLoraRank());
    }

    private static long[] extents(ModelLayout.Entry e) {
        long[] extents = new long[e.shape().rank()];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = e.shape().extent(i);
        }
        return extents;
    }

    private static String text(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new CheckpointException(file + ": is missing; a checkpoint folder needs it");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
        }
    }
}
