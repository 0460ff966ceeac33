package org.sluice.tests.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sluice.backend.ProgressListener;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converter;
import org.sluice.convert.TypePlan;
import org.sluice.tests.Fixtures;

/** Fixture models as GGUF files, each made once per run of the tests. */
final class GgufModels {
    private static final Map<String, Path> MADE = new ConcurrentHashMap<>();

    private GgufModels() {}

    /** The demonstration model with the types of a preset. */
    static Path demo(String preset) {
        return of(Fixtures.demoModel(), preset);
    }

    /** A tiny model with indexers in some of its layers. */
    static Path tiny() {
        return of(Fixtures.own().resolve("golden/glm-5.2-f32"), "F32");
    }

    private static Path of(Path folder, String preset) {
        return MADE.computeIfAbsent(folder + " " + preset, key -> {
            try {
                Path file = Files.createTempDirectory("sluice-gguf").resolve("model.gguf");
                file.toFile().deleteOnExit();
                Converter.convert(
                        folder,
                        file,
                        ConvertOptions.of(TypePlan.preset(preset))
                                .withThreads(2)
                                .withListeners(ProgressListener.NONE, line -> {}));
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
