package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Emulator;
import org.sluice.tests.Fixtures;

/** Skips tests where there is no emulated driver, and puts it back in order behind each. */
final class Emulated implements BeforeAllCallback, AfterEachCallback {
    private static final List<String> SWITCHES =
            List.of("FAIL_ALLOC", "LOST_AT", "NOOP", "REFUSE_IMAGE", "INIT_FAILS", "REVERSE");

    @Override
    public void beforeAll(ExtensionContext context) {
        Assumptions.assumeTrue(
                Emulator.install(),
                "there is no emulated CUDA driver: no C++ compiler was found, or a real driver is there");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        reset();
    }

    static void reset() {
        SWITCHES.forEach(key -> Emulator.set(key, 0));
        Emulator.set("MEMORY", 4L << 30);
        Emulator.set("DRIVER", 13_000);
        Emulator.set("CC", 90);
        Emulator.set("DEVICES", 1);
    }

    /** Holds that nothing of the driver is in use. */
    static void assertAllFreed() {
        for (String what : List.of("ALLOCATED", "HOST", "MODULES", "STREAMS", "EVENTS", "GRAPHS")) {
            assertThat(Emulator.get(what)).as(what).isZero();
        }
    }

    static Engine demo(String device) {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(2).withExact(true))
                .withContext(1024);
        return Engine.load(Fixtures.demoModel(), options);
    }

    /** A few greedy tokens behind a prompt of arbitrary ones. */
    static int[] answer(Engine engine) {
        try (Session session = engine.newSession()) {
            return session.generate(
                            new int[] {5, 17, 40},
                            new GenerationOptions(2, Set.of(), SamplerOptions.GREEDY),
                            TokenListener.NONE,
                            ProgressListener.NONE,
                            new CancelToken())
                    .tokens();
        }
    }
}
