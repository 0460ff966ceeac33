package org.sluice.tests.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Puts the parts of {@code tests/gpu/check.sh} together, and their figures beside what they should reach. */
public final class GpuReport {
    private static final List<String> PARTS = List.of("cases", "goldens", "sanitizer", "speed", "large", "torch");
    private static final int LOG_LINES = 20;

    private final Path folder;
    private final Map<String, JsonNode> results = new LinkedHashMap<>();
    private final Map<String, String> verdicts = new LinkedHashMap<>();

    private GpuReport(Path folder) {
        this.folder = folder;
    }

    /** Takes the folder of the parts and the file to write; ends with 1 where a part failed or ran out of time. */
    public static void main(String[] args) throws IOException {
        System.exit(new GpuReport(Path.of(args[0])).write(Path.of(args[1])) ? 0 : 1);
    }

    private boolean write(Path out) throws IOException {
        Map<String, Object> parts = new LinkedHashMap<>();
        for (String part : PARTS) {
            parts.put(part, part(part));
        }
        List<Aim> aims = aims();
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("device", device());
        all.put("counts", counts());
        all.put("bounds", bounds());
        all.put("aims", aims.stream().map(Aim::toMap).toList());
        all.put("parts", parts);
        Files.writeString(
                out, JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n");
        System.out.println("device: " + device());
        verdicts.forEach((part, verdict) -> System.out.printf("%-10s %s%n", part, verdict));
        aims.forEach(a -> System.out.println(a.line()));
        return verdicts.values().stream().noneMatch(v -> v.startsWith("failed") || v.startsWith("out of time"));
    }

    /** What a part's status says, its end of the log where it failed, and its result. */
    private Map<String, Object> part(String name) throws IOException {
        Path status = folder.resolve(name + ".status");
        Path json = folder.resolve(name + ".json");
        Path log = folder.resolve(name + ".log");
        String[] words = Files.exists(status)
                ? Files.readString(status).strip().split(" ", 2)
                : new String[] {"skipped", "not chosen"};
        String verdict = switch (words[0]) {
            case "0" -> "passed";
            case "skipped" -> "skipped: " + words[1];
            case "124", "137" -> "out of time";
            default -> "failed with exit status " + words[0];
        };
        verdicts.put(name, verdict);
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("verdict", verdict);
        if (!words[0].equals("skipped")) {
            m.put("seconds", Long.parseLong(words[1]));
        }
        if (Files.exists(json)) {
            try {
                JsonNode result = JsonMapper.shared().readTree(Files.readString(json));
                results.put(name, result);
                m.put("result", result);
            } catch (JacksonException e) {
                m.put("result", Map.of("error", "not JSON: " + e.getOriginalMessage()));
            }
        }
        if (!words[0].equals("0") && Files.exists(log)) {
            List<String> lines = Files.readAllLines(log);
            m.put("log", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        }
        return m;
    }

    private JsonNode of(String part, String pointer) {
        JsonNode result = results.get(part);
        return result == null ? MissingNode.getInstance() : result.at(pointer);
    }

    private String device() {
        return results.values().stream()
                .map(r -> r.path("device").asString(""))
                .filter(d -> !d.isEmpty())
                .findFirst()
                .orElse("none");
    }

    /** Whether figures are those of a GPU at full size. */
    private boolean counts() {
        return !device().contains("emulated")
                && !of("speed", "/scale").asString("").equals("tiny")
                && !of("large", "/scale").asString("").equals("tiny");
    }

    /** What shares are taken of: the fastest copy, and the fastest product, whoever made it. */
    private Map<String, @Nullable Object> bounds() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("copyBytesPerSecond", copy());
        m.put("flopsPerSecond", product());
        Double own = number(of("speed", "/product/flopsPerSecond"));
        Double theirs = number(of("torch", "/product/flopsPerSecond"));
        m.put("flopsMeasuredWith", theirs != null && (own == null || theirs > own) ? "torch.matmul" : "own kernel");
        return m;
    }

    private @Nullable Double copy() {
        return most(of("speed", "/copy/bytesPerSecond"), of("large", "/copy/bytesPerSecond"));
    }

    private @Nullable Double product() {
        return most(
                of("speed", "/product/flopsPerSecond"),
                of("large", "/product/flopsPerSecond"),
                of("torch", "/product/flopsPerSecond"));
    }

    private List<Aim> aims() {
        List<Aim> all = new ArrayList<>();
        for (String part : List.of("speed", "large")) {
            all.add(decode(part, 0, ", share of the copy bandwidth", 0.7));
            // which experts more rows touch is an estimate
            all.add(decode(part, 1, ", share of the copy bandwidth", null));
            all.add(decode(part, 2, ", share of the copy bandwidth", null));
            all.add(decode(part, 3, " with logits, share of the copy bandwidth", null));
            Double rate = ratio(number(of(part, "/prefill/flopsPerSecond")), product());
            all.add(aim(part, "prefill" + model(part) + ", share of the bfloat16 rate", rate, 0.4, false));
        }
        Double weights = scaled(number(of("large", "/model/weightBytes")), 1e-9);
        all.add(aim("large", "weights of the large model in GB", weights, 60.0, false));
        all.add(aim("speed", "decode at 128K tokens, times 4K", number(of("speed", "/deep/ratio")), 1.3, true));
        Double processor = scaled(number(of("speed", "/decode/0/processorSeconds")), 1e6);
        all.add(aim("speed", "processor time of a decode step in µs", processor, 50.0, true));
        all.add(beside(0, 5.0));
        all.add(beside(1, null));
        return all;
    }

    private static String model(String part) {
        return part.equals("speed") ? " of the slice" : " of the large model";
    }

    private Aim decode(String part, int index, String what, @Nullable Double aim) {
        JsonNode decode = of(part, "/decode/" + index);
        Double share = ratio(number(decode.path("bytesPerSecond")), copy());
        return aim(part, "decode" + model(part) + rows(decode) + what, share, aim, false);
    }

    private static String rows(JsonNode decode) {
        return ", rows " + (decode.isMissingNode() ? "?" : decode.path("rows").asInt());
    }

    private Aim beside(int index, @Nullable Double aim) {
        String tokens = "/decode/" + index + "/tokensPerSecond";
        Double times = ratio(number(of("speed", tokens)), number(of("torch", tokens)));
        String what = "decode of the slice" + rows(of("speed", "/decode/" + index)) + ", times PyTorch";
        return aim("torch", what, times, aim, false);
    }

    private Aim aim(String part, String what, @Nullable Double figure, @Nullable Double aim, boolean atMost) {
        return new Aim(what, figure, aim, atMost, counts(), figure == null ? part + " " + verdicts.get(part) : "");
    }

    private static @Nullable Double number(JsonNode n) {
        return n.isNumber() && n.asDouble() > 0 ? n.asDouble() : null;
    }

    private static @Nullable Double ratio(@Nullable Double a, @Nullable Double b) {
        return a == null || b == null ? null : a / b;
    }

    private static @Nullable Double scaled(@Nullable Double a, double factor) {
        return a == null ? null : a * factor;
    }

    private static @Nullable Double most(JsonNode... numbers) {
        Double most = null;
        for (JsonNode n : numbers) {
            Double d = number(n);
            if (d != null && (most == null || d > most)) {
                most = d;
            }
        }
        return most;
    }
}
