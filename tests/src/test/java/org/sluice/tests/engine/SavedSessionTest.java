package org.sluice.tests.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.tests.Fixtures;
import org.sluice.tests.model.TinyCheckpoint;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Sessions in files: what is restored goes on bit for bit; what is not a whole session of this model is refused. */
class SavedSessionTest {
    private static final EngineOptions OPTIONS =
            EngineOptions.DEFAULT.withDevice(DeviceOptions.of("cpu:vector").withThreads(1));

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    private static Generation generate(Session s, int[] prompt, int n, SamplerOptions sampler) {
        return s.generate(
                prompt,
                new GenerationOptions(n, Set.of(), sampler),
                TokenListener.NONE,
                ProgressListener.NONE,
                new CancelToken());
    }

    @Tag("fixtures")
    @ParameterizedTest(name = "{0} drafts saved, {1} restored, {2} on {3}")
    @CsvSource({
        "0, 0, 0, cpu:vector, cpu:vector",
        "2, 2, 0.9, cpu:vector, cpu:vector",
        "2, 0, 0, cpu:vector, cpu:vector",
        "0, 3, 1.3, cpu:native, cpu:native",
        "3, 3, 0, cpu:native, cpu:native"
    })
    void goesOnWhereItStopped(int before, int after, double temperature, String saves, String restores) {
        SamplerOptions sampler = new SamplerOptions(temperature, 0, 0.95, 0, 1.1, random.nextLong());
        Path file = folder.resolve("talk.session");
        EngineOptions options = OPTIONS.withContext(400);
        int[] prompt;
        int[] whole;
        int[] first;
        try (Engine e = Engine.load(
                        Fixtures.demoModel(),
                        options.withDrafts(Drafts.of(before))
                                .withDevice(DeviceOptions.of(saves).withThreads(1)));
                Session s = e.newSession();
                Session alone = e.newSession()) {
            prompt = random.ints(150, 0, e.model().vocabSize()).toArray();
            whole = generate(alone, prompt, 50, sampler).tokens();
            first = generate(s, prompt, 21, sampler).tokens();
            s.save(file);
            // saving changes nothing
            assertThat(generate(s, s.conversation(), 29, s.lastSampler().orElseThrow())
                            .tokens())
                    .isEqualTo(Arrays.copyOfRange(whole, 21, 50));
        }
        assertThat(first).isEqualTo(Arrays.copyOf(whole, 21));
        try (Engine e = Engine.load(
                        Fixtures.demoModel(),
                        options.withDrafts(Drafts.of(after))
                                .withDevice(DeviceOptions.of(restores).withThreads(1)));
                Session s = e.restoreSession(file)) {
            assertThat(s.conversation()).startsWith(prompt).endsWith(first);
            Generation g = generate(s, s.conversation(), 29, s.lastSampler().orElseThrow());
            assertThat(g.tokens()).isEqualTo(Arrays.copyOfRange(whole, 21, 50));
            if (before > 0 || after == 0) {
                assertThat(g.reusedTokens()).isGreaterThanOrEqualTo(prompt.length + 21 - 2);
            }
        }
    }

    private Path saved(Path model, EngineOptions options) {
        Path file = folder.resolve("tiny.session");
        try (Engine e = Engine.load(model, options);
                Session s = e.newSession()) {
            generate(s, random.ints(70, 0, TinyCheckpoint.VOCABULARY).toArray(), 5, SamplerOptions.GREEDY);
            s.save(file);
        }
        assertThat(folder.resolve("tiny.session.part")).doesNotExist();
        return file;
    }

    private Path tiny(String name) throws IOException {
        Path model = Files.createDirectory(folder.resolve(name));
        new TinyCheckpoint().write(model);
        return model;
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path model = tiny("model");
        Path file = saved(model, OPTIONS);
        byte[] whole = Files.readAllBytes(file);
        try (Engine e = Engine.load(model, OPTIONS)) {
            e.restoreSession(file).close();
            for (int i = 0; i < 300; i++) {
                byte[] bad = whole.clone();
                if (i % 3 == 0) {
                    bad = Arrays.copyOf(bad, i == 0 ? 0 : random.nextInt(bad.length));
                } else if (i % 3 == 1) {
                    // half of the damage within the header
                    bad[random.nextInt(i % 2 == 0 ? 192 : bad.length)] ^= (byte) (1 << random.nextInt(8));
                } else {
                    bad = Arrays.copyOf(bad, bad.length + 1 + random.nextInt(100));
                }
                Files.write(file, bad);
                assertThatThrownBy(() -> e.restoreSession(file))
                        .isInstanceOf(CheckpointException.class)
                        .hasMessageContaining("tiny.session");
                assertThat(e.cacheBytes()).isZero();
            }
            Files.write(file, Arrays.copyOf(whole, whole.length - 1));
            assertThatThrownBy(() -> e.restoreSession(file))
                    .hasMessageContaining((whole.length - 1) + " of " + whole.length);
            Files.delete(file);
            assertThatThrownBy(() -> e.restoreSession(file)).hasMessageContaining("does not exist");
            assertThatThrownBy(() -> e.restoreSession(model.resolve("config.json")))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("not a saved session");
            for (int version : new int[] {1, 2, 4}) {
                byte[] other = whole.clone();
                other[8] = (byte) version;
                Files.write(file, other);
                assertThatThrownBy(() -> e.restoreSession(file)).hasMessageContaining("version " + version);
            }
        }
    }

    @Test
    void sessionsOfOtherModelsAreRefused() throws IOException {
        Path model = tiny("model");
        Path file = saved(model, OPTIONS);
        Path other = tiny("other");
        byte[] weights = Files.readAllBytes(other.resolve("model.safetensors"));
        // the beginning of some tensor: names, shapes and types stay the same
        int header = (weights[0] & 0xff) | ((weights[1] & 0xff) << 8) | ((weights[2] & 0xff) << 16);
        weights[8 + header] ^= 1;
        Files.write(other.resolve("model.safetensors"), weights);
        try (Engine e = Engine.load(other, OPTIONS)) {
            assertThatThrownBy(() -> e.restoreSession(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("another model");
        }
        // the same weights, of which another configuration makes something else
        for (String field : List.of("rope_theta", "routed_scaling_factor", "rms_norm_eps", "index_topk")) {
            TinyCheckpoint changed = new TinyCheckpoint();
            if (field.equals("rope_theta")) {
                ((ObjectNode) changed.config().get("rope_parameters")).put(field, 20000.0);
            } else {
                changed.config()
                        .replace(field, JsonMapper.shared().readTree(field.equals("index_topk") ? "6" : "0.001"));
            }
            try (Engine e = Engine.load(changed.write(Files.createDirectory(folder.resolve(field))), OPTIONS)) {
                assertThatThrownBy(() -> e.restoreSession(file))
                        .as(field)
                        .isInstanceOf(CheckpointException.class)
                        .hasMessageContaining("another model");
            }
        }
        try (Engine e = Engine.load(model, OPTIONS.withContext(50))) {
            assertThatThrownBy(() -> e.restoreSession(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("74 tokens")
                    .hasMessageContaining("50");
        }
    }

    @Test
    void attachmentsComeBack() throws IOException {
        Path model = tiny("model");
        Path file = folder.resolve("attached.session");
        for (int n : new int[] {0, 1, 63, 64, 65, 10_000}) {
            byte[] attachment = new byte[n];
            random.nextBytes(attachment);
            try (Engine e = Engine.load(model, OPTIONS);
                    Session s = e.newSession()) {
                int[] prompt =
                        random.ints(1 + n % 50, 0, TinyCheckpoint.VOCABULARY).toArray();
                generate(s, prompt, 3, SamplerOptions.GREEDY);
                s.save(file, attachment);
                assertThat(s.attachment()).isEmpty();
                try (Session again = e.restoreSession(file)) {
                    assertThat(again.attachment()).isEqualTo(attachment);
                    assertThat(again.conversation()).isEqualTo(s.conversation());
                }
            }
        }
    }

    @Test
    void whileAnAnswerIsMadeNothingElseHappens() throws IOException {
        Path model = tiny("model");
        Path file = saved(model, OPTIONS);
        try (Engine e = Engine.load(model, OPTIONS)) {
            Session s = e.newSession();
            int[] prompt = random.ints(20, 0, TinyCheckpoint.VOCABULARY).toArray();
            List<ThrowingCallable> refused = List.of(
                    s::close,
                    () -> s.save(file),
                    () -> s.truncate(0),
                    () -> s.restore(file),
                    () -> generate(s, prompt, 5, SamplerOptions.GREEDY));
            TokenListener meddling = (index, token) -> {
                refused.forEach(r -> {
                    // whichever thread asks
                    assertThatThrownBy(r)
                            .isInstanceOf(InvalidRequestException.class)
                            .hasMessageContaining("answer");
                    assertThatThrownBy(() -> CompletableFuture.runAsync(() -> {
                                        try {
                                            r.call();
                                        } catch (Throwable t) {
                                            throw new CompletionException(t);
                                        }
                                    })
                                    .join())
                            .hasCauseInstanceOf(InvalidRequestException.class);
                });
                assertThatThrownBy(e::close).hasMessageContaining("1 open session");
                return true;
            };
            GenerationOptions ten = new GenerationOptions(10, Set.of(), SamplerOptions.GREEDY);
            int[] got = s.generate(prompt, ten, meddling, ProgressListener.NONE, new CancelToken())
                    .tokens();
            try (Session other = e.newSession()) {
                assertThat(got)
                        .isEqualTo(generate(other, prompt, 10, SamplerOptions.GREEDY)
                                .tokens());
            }
            s.close();
            assertThat(e.cacheBytes()).isZero();
        }
    }

    @Test
    void onlyEmptySessionsAreFilled() throws IOException {
        Path model = tiny("model");
        Path file = saved(model, OPTIONS);
        try (Engine e = Engine.load(model, OPTIONS);
                Session s = e.restoreSession(file)) {
            assertThat(s.length()).isEqualTo(74);
            assertThatThrownBy(() -> s.restore(file)).isInstanceOf(InvalidRequestException.class);
            assertThatThrownBy(() -> s.save(folder.resolve("no/such/folder/x")))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("no/such/folder");
            Session closed = e.newSession();
            closed.close();
            assertThatThrownBy(() -> closed.save(file)).isInstanceOf(InvalidRequestException.class);
        }
    }
}
