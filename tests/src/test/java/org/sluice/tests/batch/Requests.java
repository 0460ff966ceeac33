package org.sluice.tests.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.sluice.Engine;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;

/** Random requests, and what each of them gets alone. */
final class Requests {
    private Requests() {}

    /** A prompt and what to do with it. */
    record Request(int[] prompt, GenerationOptions options) {
        Generation alone(Engine engine) {
            try (Session s = options.caches() == null ? engine.newSession() : engine.newSession(options.caches())) {
                return s.generate(prompt, options, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
            }
        }
    }

    /** Requests of all sizes, half of them drawn with a temperature. */
    static List<Request> random(int n, int vocabulary, int longest, int mostTokens, SplittableRandom random) {
        List<Request> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            // most are short, some are long
            int length = 1 + (int) (longest * Math.pow(random.nextDouble(), 3));
            SamplerOptions sampler = i % 2 == 0
                    ? SamplerOptions.GREEDY
                    : new SamplerOptions(0.5 + random.nextDouble(), 0, 0.95, 0, 1.1, random.nextLong());
            all.add(new Request(
                    random.ints(length, 0, vocabulary).toArray(),
                    new GenerationOptions(1 + random.nextInt(mostTokens), Set.of(), sampler)));
        }
        return all;
    }

    static List<Generation> alone(Engine engine, List<Request> requests) {
        return requests.stream().map(r -> r.alone(engine)).toList();
    }
}
