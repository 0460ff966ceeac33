package org.sluice.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.graph.CacheType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Decode speed with drafts over none, answer by answer in turn, on prompts with recorded answers. Arguments: backend (default
 * {@code cpu}), drafts (3), passes (5), prompts (default those of the demonstration model; {@code -} for those, too), cache type
 * ({@code F32}), threads (all; {@code 0} for all), draft vocabulary (all).
 */
public final class Drafting {
    private static final int LEAST_TOKENS = 20;

    private Drafting() {}

    private record Case(int[] prompt, int stop, int tokens) {}

    /** Prints both rates and their ratio. */
    public static void main(String[] args) {
        String backend = args.length > 0 ? args[0] : "cpu";
        int k = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        int passes = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        Path model = DemoModel.folder("");
        Path prompts = args.length > 3 && !args[3].equals("-")
                ? Path.of(args[3])
                : model.resolve("../../tests/src/test/resources/fixtures/demo-model/answers.json");
        List<Case> cases = read(prompts);
        CacheType caches = args.length > 4 ? CacheType.valueOf(args[4]) : CacheType.F32;
        DeviceOptions device = DeviceOptions.of(backend);
        int threads = args.length > 5 ? Integer.parseInt(args[5]) : 0;
        device = threads > 0 ? device.withThreads(threads) : device;
        Drafts drafts = args.length > 6 ? Drafts.of(k).withVocabulary(Integer.parseInt(args[6])) : Drafts.of(k);
        EngineOptions options =
                EngineOptions.DEFAULT.withDevice(device).withContext(2048).withCaches(caches);
        double[] ratios = new double[passes];
        double[] plainRates = new double[passes];
        double[] draftRates = new double[passes];
        double perRound = 0;
        try (Engine plain = Engine.load(model, options);
                Engine drafting = Engine.load(model, options.withDrafts(drafts))) {
            for (int pass = -1; pass < passes; pass++) {
                long plainNanos = 0;
                long draftNanos = 0;
                long tokens = 0;
                long rounds = 0;
                for (Case c : cases) {
                    Generation a = answer(plain, c);
                    Generation b = answer(drafting, c);
                    if (!Arrays.equals(a.tokens(), b.tokens())) {
                        throw new IllegalStateException("drafts changed an answer");
                    }
                    plainNanos += a.totalNanos() - a.firstTokenNanos();
                    draftNanos += b.totalNanos() - b.firstTokenNanos();
                    tokens += a.tokens().length - 1;
                    rounds += b.drafts().rounds();
                }
                if (pass >= 0) {
                    plainRates[pass] = tokens * 1e9 / plainNanos;
                    draftRates[pass] = tokens * 1e9 / draftNanos;
                    ratios[pass] = (double) plainNanos / draftNanos;
                    perRound = (double) tokens / rounds;
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %.0f | %.0f | %.2f | %.2f (%.2f to %.2f) |%n",
                backend,
                k,
                median(plainRates),
                median(draftRates),
                perRound,
                median(ratios),
                Arrays.stream(ratios).min().orElse(0),
                Arrays.stream(ratios).max().orElse(0));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static Generation answer(Engine e, Case c) {
        try (Session s = e.newSession()) {
            return s.generate(
                    c.prompt,
                    new GenerationOptions(c.tokens, Set.of(c.stop), SamplerOptions.GREEDY),
                    TokenListener.NONE,
                    ProgressListener.NONE,
                    new CancelToken());
        }
    }

    private static List<Case> read(Path file) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode c : new ObjectMapper().readTree(file.toFile()).get("cases")) {
            int[] answer = ints(c.get("answer_tokens"));
            if (answer.length >= LEAST_TOKENS) {
                cases.add(new Case(ints(c.get("prompt_tokens")), answer[answer.length - 1], answer.length));
            }
        }
        return cases;
    }

    private static int[] ints(JsonNode array) {
        int[] all = new int[array.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = array.get(i).asInt();
        }
        return all;
    }
}
