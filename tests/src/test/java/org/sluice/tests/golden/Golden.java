package org.sluice.tests.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.sluice.checkpoint.SafetensorsFile;
import org.sluice.tests.Fixtures;

/** One folder of fixtures/golden: a tiny checkpoint and everything the reference implementation computes from it. */
public record Golden(Path folder) {

    /** All that the fixtures hold. */
    public static List<Golden> all() {
        try (Stream<Path> folders = Files.list(Fixtures.path("golden"))) {
            return folders.filter(f -> Files.exists(f.resolve("expected.safetensors")))
                    .sorted()
                    .map(Golden::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens what the reference computed. */
    public Expected expected() {
        return new Expected(SafetensorsFile.open(folder.resolve("expected.safetensors")));
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }

    /** The reference's results. */
    public record Expected(SafetensorsFile file) implements AutoCloseable {
        /** Prompts are numbered from 0. */
        int prompts() {
            int p = 0;
            while (has("prompt" + p + ".tokens")) {
                p++;
            }
            return p;
        }

        int[] tokens(int prompt) {
            return ints("prompt" + prompt + ".tokens");
        }

        /** The positions a layer chooses, {@code [rows, k]} with −1 behind the last; stored no wider than the prompt. */
        int[] selected(int prompt, String layer, int k) {
            int[] stored = ints("prompt" + prompt + ".selected." + layer);
            int rows = tokens(prompt).length;
            int width = stored.length / rows;
            int[] all = new int[rows * k];
            Arrays.fill(all, -1);
            for (int r = 0; r < rows; r++) {
                System.arraycopy(stored, r * width, all, r * k, Math.min(width, k));
            }
            return all;
        }

        /** Tokens of the longest prompt with its continuation. */
        int longest() {
            int most = 0;
            for (int p = 0; p < prompts(); p++) {
                most = Math.max(most, tokens(p).length + ints("prompt" + p + ".greedy").length);
            }
            return most;
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
