package org.sluice.tests.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sluice.backend.Device;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.ProgramOptions;
import org.sluice.convert.Synthesizer;
import org.sluice.model.GraphOptions;
import org.sluice.model.OpenModel;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The model of which as many layers are taken as a device has room for. */
final class LargeModel {
    /** Of the free memory, for what the driver takes and for memory in pieces. */
    private static final double ROOM = 0.94;

    private final Scale scale;

    LargeModel(Scale scale) {
        this.scale = scale;
    }

    /** The longest context: that of a prompt. */
    static int context(Scale scale) {
        return Math.max(scale.shallow(), scale.prefill()) + scale.margin();
    }

    /** The description with as many layers as fit into some bytes. */
    Synthesizer.Description description(Device device, long free) {
        int few = denseLayers() + 1;
        double base = bytes(device, few);
        // a period of the indexer's schedule, as its layers take more
        int period = 4;
        double perLayer = (bytes(device, few + period) - base) / period;
        int layers = few + (int) Math.floor((ROOM * free - base) / perLayer);
        if (layers < few) {
            throw new IllegalStateException(MemoryPlan.human(free) + " are free, " + MemoryPlan.human((long) base)
                    + " are needed for " + few + " layers");
        }
        return withLayers(Math.min(layers, scale.mostLayers()));
    }

    private int denseLayers() {
        return (int) withLayers(scale.mostLayers()).config().denseLayers().stream()
                .filter(d -> d)
                .count();
    }

    /** Bytes of the program, and of the sequences that decode in one step. */
    private double bytes(Device device, int layers) {
        try (OpenModel model = Synthesizer.inMemory(withLayers(layers), 1)) {
            MemoryPlan plan = device.plan(
                    model.model().graph(GraphOptions.DEFAULT.withPicks()),
                    new ProgramOptions(scale.chunk(), scale.mostRows(), context(scale)));
            double tokens = context(scale) + (double) scale.mostRows() * (scale.shallow() + scale.margin());
            return plan.denseWeights()
                    + plan.expertWeights()
                    + plan.workspace()
                    + tokens * (plan.latentPerToken() + plan.indexPerToken());
        }
    }

    /** Layers like those of GLM-5.2: an indexer in the first three, then in every fourth. */
    private Synthesizer.Description withLayers(int layers) {
        JsonMapper json = JsonMapper.shared();
        try {
            ObjectNode all = (ObjectNode) json.readTree(Files.readString(scale.large()));
            ObjectNode config = (ObjectNode) all.get("config");
            config.put("num_hidden_layers", layers);
            ArrayNode types = config.putArray("indexer_types");
            for (int i = 0; i < layers; i++) {
                types.add(Math.max(i - 2, 0) % 4 == 0 ? "full" : "shared");
            }
            Path file = Files.createTempFile("large", ".json");
            try {
                Files.writeString(file, json.writeValueAsString(all));
                Synthesizer.Description read = Synthesizer.Description.read(file);
                return new Synthesizer.Description(
                        read.config(), read.types(), "random model of " + layers + " layers");
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
