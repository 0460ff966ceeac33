package org.sluice.tests.mtp;

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

/** Shorthand of these tests. */
final class Run {
    /** The device of tests that are about decoding, not about kernels. */
    static final String DEVICE = "cpu:vector";

    private Run() {}

    static EngineOptions exact(String selector, Drafts drafts, int context) {
        return EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(selector).withThreads(1).withExact(true))
                .withContext(context)
                .withMaxRows(48)
                .withDrafts(drafts);
    }

    static GenerationOptions greedy(int maxTokens, Integer... stop) {
        return new GenerationOptions(maxTokens, Set.of(stop), SamplerOptions.GREEDY);
    }

    static Generation generate(Session session, int[] prompt, GenerationOptions options) {
        return generate(session, prompt, options, TokenListener.NONE);
    }

    static Generation generate(Session session, int[] prompt, GenerationOptions options, TokenListener listener) {
        return session.generate(prompt, options, listener, ProgressListener.NONE, new CancelToken());
    }

    /** An answer in a session of its own. */
    static Generation alone(Engine engine, int[] prompt, GenerationOptions options, TokenListener listener) {
        try (Session s = engine.newSession()) {
            return generate(s, prompt, options, listener);
        }
    }

    static Generation alone(Engine engine, int[] prompt, GenerationOptions options) {
        return alone(engine, prompt, options, TokenListener.NONE);
    }
}
