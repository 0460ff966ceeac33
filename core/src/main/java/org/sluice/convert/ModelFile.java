package org.sluice.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sluice.checkpoint.GgufValue;
import org.sluice.checkpoint.GgufWriter;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.tensor.DType;

/** Chooses the types of a model's tensors and streams them to a GGUF file. */
final class ModelFile {
    /** A tensor with the type it gets. */
    record Typed(ModelLayout.Entry entry, DType dtype) {
        long bytes() {
            return dtype.bytes(entry.shape().elements());
        }
    }

    /** Gives the bytes of a tensor. */
    @FunctionalInterface
    interface Contents {
        TensorPipeline.Maker of(Typed tensor);
    }

    private final ConvertOptions options;
    private final List<Typed> tensors = new ArrayList<>();

    ModelFile(List<ModelLayout.Entry> layout, ConvertOptions options) {
        this.options = options;
        Map<DType, Integer> replaced = new EnumMap<>(DType.class);
        for (ModelLayout.Entry e : layout) {
            DType wanted = options.types().of(e.tensors());
            DType fitting = TypePlan.fitting(wanted, e.columns());
            if (fitting != wanted && replaced.merge(wanted, 1, Integer::sum) <= 8) {
                options.notes()
                        .accept(e.name() + " has rows of " + e.columns() + " elements, no whole number of " + wanted
                                + " blocks of " + wanted.blockElements() + ": it is stored as " + fitting);
            }
            tensors.add(new Typed(e, fitting));
        }
        replaced.forEach((wanted, n) -> {
            if (n > 8) {
                options.notes().accept((n - 8) + " more tensors for which " + wanted + " does not fit");
            }
        });
    }

    List<Typed> tensors() {
        return tensors;
    }

    Converted write(Path path, String stage, Map<String, GgufValue> metadata, Contents contents) {
        checkTarget(path);
        GgufWriter.Builder description = GgufWriter.to(path);
        metadata.forEach(description::metadata);
        tensors.forEach(
                t -> description.tensor(t.entry().name(), t.dtype(), t.entry().shape()));
        options.splitBytes().ifPresent(description::splitAt);
        long total = tensors.stream().mapToLong(Typed::bytes).sum();
        try (GgufWriter out = description.open()) {
            if (!options.overwrite()) {
                out.paths().forEach(this::checkFree);
            }
            try (TensorPipeline pipeline =
                    new TensorPipeline(out, options.threads(), stage, total, options.progress())) {
                for (Typed t : tensors) {
                    ModelLayout.Entry e = t.entry();
                    pipeline.add(e.name(), t.dtype(), e.rows(), e.columns(), contents.of(t));
                }
                pipeline.drain();
            }
            out.finish();
            return result(out);
        }
    }

    private Converted result(GgufWriter out) {
        Map<DType, Long> types = new EnumMap<>(DType.class);
        tensors.forEach(t -> types.merge(t.dtype(), t.bytes(), Long::sum));
        long parameters =
                tensors.stream().mapToLong(t -> t.entry().shape().elements()).sum();
        return new Converted(out.paths(), tensors.size(), parameters, types);
    }

    private void checkTarget(Path path) {
        if (Files.isDirectory(path)) {
            throw new InvalidRequestException(
                    path + " is a folder; name the file to write, such as " + path.resolve("model.gguf"));
        }
        Path folder = path.toAbsolutePath().getParent();
        try {
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new CheckpointException(folder + " cannot be created: " + e.getMessage(), e);
        }
        if (!options.overwrite()) {
            checkFree(path);
        }
    }

    private void checkFree(Path path) {
        if (Files.exists(path)) {
            throw new InvalidRequestException(path + " exists; choose another name or allow overwriting (--overwrite)");
        }
    }

    /** Both as one map; keys of the second replace those of the first. */
    static Map<String, GgufValue> merge(Map<String, GgufValue> first, Map<String, GgufValue> second) {
        Map<String, GgufValue> all = new LinkedHashMap<>(first);
        all.putAll(second);
        return all;
    }
}
