package org.sluice.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.error.CheckpointException;
import org.sluice.error.SluiceException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tensor.DType;

/** Weights that do not fit the configuration: each tensor missing, of another shape, of a type nothing computes with. */
class BadTensorsTest {
    @TempDir
    Path folder;

    @Test
    void everyTensorIsNeeded() {
        for (String name : new TinyCheckpoint().tensors().keySet()) {
            if (name.endsWith("e_score_correction_bias")) {
                continue; // the one tensor a model may lack
            }
            TinyCheckpoint tiny = new TinyCheckpoint();
            tiny.tensors().remove(name);
            refused(tiny, CheckpointException.class, name);
        }
    }

    @Test
    void everyShapeIsChecked() {
        for (String name : new TinyCheckpoint().tensors().keySet()) {
            TinyCheckpoint tiny = new TinyCheckpoint();
            tiny.tensors().computeIfPresent(name, (n, t) -> {
                long[] other = t.extents().clone();
                other[other.length - 1] += 1;
                return new TinyCheckpoint.Tensor(t.dtype(), other);
            });
            refused(tiny, CheckpointException.class, name);
            tiny = new TinyCheckpoint();
            tiny.tensors().computeIfPresent(name, (n, t) -> {
                long[] other = Arrays.copyOf(t.extents(), t.extents().length + 1);
                other[t.extents().length] = 1;
                return new TinyCheckpoint.Tensor(t.dtype(), other);
            });
            refused(tiny, CheckpointException.class, name);
        }
    }

    @Test
    void integersAreNoWeights() {
        for (String name : new TinyCheckpoint().tensors().keySet()) {
            TinyCheckpoint tiny = new TinyCheckpoint();
            tiny.tensors().computeIfPresent(name, (n, t) -> new TinyCheckpoint.Tensor(DType.I32, t.extents()));
            tiny.write(folder);
            assertThatThrownBy(() -> {
                        try (OpenModel m = Models.open(folder)) {
                            throw new AssertionError("opened with integers as " + name + ": " + m);
                        }
                    })
                    .as(name)
                    .isInstanceOfAny(CheckpointException.class, UnsupportedException.class)
                    .hasMessageContaining(name);
            Leftovers.assertNone(folder);
        }
    }

    @Test
    void fp8WithoutScalesIsRefused() {
        String name = "model.layers.0.self_attn.o_proj.weight";
        TinyCheckpoint tiny = new TinyCheckpoint();
        tiny.tensors().put(name, new TinyCheckpoint.Tensor(DType.F8_E4M3, 16, 12));
        refused(tiny, CheckpointException.class, name);
        tiny.tensors().put(name + "_scale_inv", new TinyCheckpoint.Tensor(DType.F32, 2, 1));
        refused(tiny, CheckpointException.class, name);
        tiny.tensors().put(name + "_scale_inv", new TinyCheckpoint.Tensor(DType.F32, 1, 1));
        try (OpenModel m = Models.open(tiny.write(folder))) {
            assertThat(m.model().summary().types()).containsKey("F8_E4M3");
        }
    }

    @Test
    void shards() throws IOException {
        try (OpenModel m = Models.open(new TinyCheckpoint().writeSharded(folder))) {
            assertThat(m.model().vocabSize()).isEqualTo(TinyCheckpoint.VOCABULARY);
        }
        Path second = folder.resolve("model-00002-of-00002.safetensors");
        byte[] whole = Files.readAllBytes(second);
        Files.write(second, Arrays.copyOf(whole, whole.length - 5));
        assertThatThrownBy(() -> Models.open(folder))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors");
        Leftovers.assertNone(folder);
        Files.delete(second);
        assertThatThrownBy(() -> Models.open(folder))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors");
        Leftovers.assertNone(folder);
        Files.delete(folder.resolve("model.safetensors.index.json"));
        assertThatThrownBy(() -> Models.open(folder)).isExactlyInstanceOf(CheckpointException.class);
        Leftovers.assertNone(folder);
    }

    private void refused(TinyCheckpoint tiny, Class<? extends SluiceException> type, String tensor) {
        tiny.write(folder);
        // an expert's tensor may be named by its pattern
        assertThatThrownBy(() -> Models.open(folder))
                .as(tensor)
                .isExactlyInstanceOf(type)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(tensor);
        Leftovers.assertNone(folder);
    }
}
