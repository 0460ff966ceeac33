package org.sluice.tests.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.sluice.checkpoint.SafetensorsFile;
import org.sluice.tests.Fixtures;

/** One folder of fixtures/golden: a tiny checkpoint and everything the reference implementation computes from it. */
record Golden(Path folder) {

    static List<Golden> all() {
        Path root = Fixtures.path("golden");
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(root)) {
            return folders.filter(f -> Files.exists(f.resolve("expected.safetensors")))
                    .sorted()
                    .map(Golden::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Expected expected() {
        return new Expected(SafetensorsFile.open(folder.resolve("expected.safetensors")));
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }

    /** The reference's results. */
    record Expected(SafetensorsFile file) implements AutoCloseable {
        /** Prompts are numbered from 0. */
        int prompts() {
            int p = 0;
            while (has("prompt" + p + ".tokens")) {
                p++;
            }
            return p;
        }

        boolean has(String name) {
            return file.tensors().containsKey(name);
        }

        int[] ints(String name) {
            return file.data(name).toArray(ValueLayout.JAVA_INT_UNALIGNED);
        }

        float[] floats(String name) {
            return file.data(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
