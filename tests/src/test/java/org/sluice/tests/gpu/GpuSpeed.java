package org.sluice.tests.gpu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.Sequence;
import org.sluice.convert.Synthesizer;
import org.sluice.model.ModelSummary;
import org.sluice.model.OpenModel;

/**
 * Speed of a model on a GPU beside what the GPU can do at most. Weights are random and in no file; bytes and operations are counted
 * from the graph.
 */
public final class GpuSpeed {
    private final Scale scale;
    private final PartFile out;

    private GpuSpeed(Scale scale, PartFile out) {
        this.scale = scale;
        this.out = out;
    }

    /**
     * Takes the file to write, the name of a {@link Scale}, and the model: {@code slice}, on which everything is measured, or
     * {@code large}, as many layers as fit.
     */
    public static void main(String[] args) throws Exception {
        Scale scale = Scale.of(args[1]);
        PartFile out = new PartFile(Path.of(args[0]));
        boolean large = args[2].equals("large");
        try (Device device = Backends.open("cuda")) {
            out.put("device", device.description());
            out.put("scale", args[1]);
            GpuSpeed speed = new GpuSpeed(scale, out);
            out.measure("copy", () -> DeviceRates.copy(scale.copyBytes()));
            out.measure("product", () -> DeviceRates.product(device, scale.productSize(), 3 * scale.repetitions()));
            out.measure("model", () -> {
                if (large) {
                    return speed.model(device, new LargeModel(scale).description(device, DeviceRates.free()), false);
                }
                return speed.model(device, Synthesizer.Description.read(scale.slice()), true);
            });
        }
        out.exit();
    }

    /** Measures a model, and describes it. */
    private Map<String, Object> model(Device device, Synthesizer.Description what, boolean deep) {
        long start = System.nanoTime();
        int context = deep ? scale.longest() : LargeModel.context(scale);
        try (OpenModel model = Synthesizer.inMemory(what, 1);
                ModelRun run = new ModelRun(device, model, scale, context)) {
            double ready = (System.nanoTime() - start) / 1e9;
            StepCost cost = new StepCost(run.program().graph(), run.program().plan());
            out.measure("decode", () -> decode(run, cost));
            out.measure("prefill", () -> prefill(run, cost));
            if (deep) {
                out.measure("deep", () -> deep(run, cost));
            }
            return describe(what, model.model().summary(), run.program().plan(), ready);
        }
    }

    private Map<String, Object> describe(
            Synthesizer.Description what, ModelSummary summary, MemoryPlan plan, double ready) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("name", what.name());
        m.put("layers", what.config().numHiddenLayers());
        m.put("experts", what.config().experts().map(e -> e.nRoutedExperts()).orElse(0));
        m.put("parameters", summary.totalParameters());
        m.put("weightBytes", plan.denseWeights() + plan.expertWeights());
        m.put("types", summary.types());
        m.put("cacheBytesPerToken", plan.latentPerToken() + plan.indexPerToken());
        m.put("caches", "F32");
        m.put("secondsUntilReady", ready);
        return m;
    }

    /** One row for each of some sequences whose caches lie apart; the last entry has its logits on the host. */
    private List<Map<String, Object>> decode(ModelRun run, StepCost cost) {
        List<Map<String, Object>> all = new ArrayList<>();
        List<Sequence> sequences = new ArrayList<>();
        try {
            sequences.add(run.computed(scale.shallow()));
            for (int rows : scale.rows()) {
                while (sequences.size() < rows) {
                    Sequence s = run.program().newSequence();
                    sequences.add(s);
                    ModelRun.repeat(sequences.getFirst(), scale.shallow(), s, scale.shallow());
                }
                all.add(describe(cost, sequences, run.decode(run.program(), sequences), "tokens"));
            }
            List<Sequence> one = sequences.subList(0, 1);
            all.add(describe(cost, one, run.decode(run.withLogits(), one), "logits"));
        } finally {
            sequences.forEach(Sequence::close);
        }
        return all;
    }

    private Map<String, Object> describe(
            StepCost cost, List<Sequence> sequences, ModelRun.Steps steps, String comesBack) {
        int rows = sequences.size();
        int context = sequences.getFirst().length() + scale.steps() / 2;
        double median = steps.median();
        double bytes = cost.bytes(rows, context);
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("rows", rows);
        m.put("context", context);
        m.put("comesBack", comesBack);
        m.put("steps", steps.seconds().length);
        m.put("seconds", median);
        m.put("fastestSeconds", Arrays.stream(steps.seconds()).min().orElse(0));
        m.put("tokensPerSecond", rows / median);
        m.put("distinctExperts", cost.distinctExperts(rows));
        m.put("bytes", bytes);
        m.put("bytesPerSecond", bytes / median);
        m.put("processorSeconds", steps.processorSeconds());
        return m;
    }

    private Map<String, Object> prefill(ModelRun run, StepCost cost) {
        double[] seconds = run.prefillSeconds(scale.prefill());
        double median = DeviceRates.median(seconds);
        double flops = cost.prefillFlops(scale.prefill());
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("tokens", scale.prefill());
        m.put("rowsOfAStep", scale.chunk());
        m.put("seconds", median);
        m.put("allSeconds", seconds);
        m.put("tokensPerSecond", scale.prefill() / median);
        m.put("flops", flops);
        m.put("flopsPerSecond", flops / median);
        return m;
    }

    /** A step of one row behind a long context beside one behind a short one, in turn on the same sequence. */
    private Map<String, Object> deep(ModelRun run, StepCost cost) {
        try (Sequence s = run.computed(scale.shallow())) {
            List<Sequence> one = List.of(s);
            Map<String, Object> m = new LinkedHashMap<>();
            m.put("filledBy", "rows of the first " + scale.shallow() + " tokens, repeated");
            ModelRun.Steps before = run.decode(run.program(), one);
            m.put("shallow", describe(cost, one, before, "tokens"));
            ModelRun.repeat(s, scale.shallow(), s, scale.deep());
            ModelRun.Steps deep = run.decode(run.program(), one);
            m.put("deep", describe(cost, one, deep, "tokens"));
            s.truncate(scale.shallow());
            ModelRun.Steps after = run.decode(run.program(), one);
            m.put("shallowAgain", describe(cost, one, after, "tokens"));
            m.put("ratio", 2 * deep.median() / (before.median() + after.median()));
            return m;
        }
    }
}
