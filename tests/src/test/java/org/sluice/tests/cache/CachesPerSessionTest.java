package org.sluice.tests.cache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.tests.Fixtures;
import org.sluice.tests.model.TinyCheckpoint;

/** Sessions of one engine whose caches are kept in different ways: each is as in an engine of its own. */
class CachesPerSessionTest {
    private static final EngineOptions TINY = EngineOptions.DEFAULT
            .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
            .withMaxRows(16);

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    @TempDir
    Path folder;

    @BeforeEach
    void write() {
        new TinyCheckpoint().write(folder);
    }

    private static GenerationOptions greedy(int n) {
        return new GenerationOptions(n, Set.of(), SamplerOptions.GREEDY);
    }

    private static Generation generate(Session s, int[] prompt, GenerationOptions options) {
        return s.generate(prompt, options, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
    }

    private static Generation alone(Engine e, CacheType type, int[] prompt, GenerationOptions options) {
        try (Session s = e.newSession(type)) {
            return generate(s, prompt, options);
        }
    }

    private int[] prompt(int n) {
        return random.ints(n, 0, TinyCheckpoint.VOCABULARY).toArray();
    }

    /** Answers of engines that know one type only. */
    private static Map<CacheType, List<int[]>> expected(
            Path model, EngineOptions options, List<int[]> prompts, GenerationOptions answer) {
        Map<CacheType, List<int[]>> all = new EnumMap<>(CacheType.class);
        for (CacheType t : CacheType.values()) {
            try (Engine e = Engine.load(model, options.withCaches(t))) {
                all.put(
                        t,
                        prompts.stream()
                                .map(p -> alone(e, t, p, answer).tokens())
                                .toList());
            }
        }
        return all;
    }

    @Tag("fixtures")
    @ParameterizedTest(name = "{0} drafts")
    @ValueSource(ints = {0, 3})
    void typesShareAnEngine(int drafts) {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of("cpu:native").withThreads(1))
                .withMaxRows(64)
                .withContext(512)
                .withDrafts(Drafts.of(drafts));
        GenerationOptions twenty = greedy(20);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            prompts.add(random.ints(60 + 40 * i, 0, 1500).toArray());
        }
        Map<CacheType, List<int[]>> expected = expected(Fixtures.demoModel(), options, prompts, twenty);
        try (Engine e = Engine.load(
                        Fixtures.demoModel(), options.withParallel(4).withPrefixBytes(1L << 30));
                Scheduler s = e.newScheduler(new SchedulerOptions(6, 20))) {
            Map<CacheType, List<CompletableFuture<Generation>>> got = new EnumMap<>(CacheType.class);
            for (int[] p : prompts) {
                for (CacheType t : CacheType.values()) {
                    got.computeIfAbsent(t, x -> new ArrayList<>()).add(s.submit(p, twenty.withCaches(t)));
                }
            }
            for (CacheType t : CacheType.values()) {
                for (int i = 0; i < prompts.size(); i++) {
                    assertThat(requireNonNull(got.get(t)).get(i).join().tokens())
                            .as(t + " " + i)
                            .isEqualTo(requireNonNull(expected.get(t)).get(i));
                }
            }
            // what one type has computed is of use to itself only
            for (CacheType t : CacheType.values()) {
                int[] longer = new int[150];
                System.arraycopy(prompts.get(2), 0, longer, 0, 130);
                Generation g = alone(e, t, longer, greedy(3));
                // a drafter's row needs the token behind it
                assertThat(g.reusedTokens()).as("" + t).isEqualTo(drafts == 0 ? 130 : 129);
            }
        }
    }

    @Test
    void prefixesOfOneTypeAreNoneOfAnother() {
        int[] prompt = prompt(40);
        try (Engine e = Engine.load(folder, TINY.withPrefixBytes(1L << 30))) {
            alone(e, CacheType.F32, prompt, greedy(3));
            assertThat(alone(e, CacheType.FP8, prompt, greedy(3)).reusedTokens())
                    .isZero();
            assertThat(alone(e, CacheType.FP8, prompt, greedy(3)).reusedTokens())
                    .isEqualTo(39);
            assertThat(alone(e, CacheType.F32, prompt, greedy(3)).reusedTokens())
                    .isEqualTo(39);
        }
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void filesKnowTheirType(CacheType type) {
        Path file = folder.resolve("talk.session");
        int[] prompt = prompt(70);
        try (Engine e = Engine.load(folder, TINY)) {
            int[] more;
            try (Session s = e.newSession(type)) {
                assertThat(s.caches()).isEqualTo(type);
                generate(s, prompt, greedy(10));
                s.save(file);
                assertThat(Session.cachesOf(file)).isEqualTo(type);
                more = generate(s, s.conversation(), greedy(10)).tokens();
            }
            // an engine that has never heard of the type
            try (Engine other = Engine.load(folder, TINY);
                    Session s = other.restoreSession(file)) {
                assertThat(s.caches()).isEqualTo(type);
                assertThat(generate(s, s.conversation(), greedy(10)).tokens()).isEqualTo(more);
            }
            CacheType wrong = type == CacheType.BF16 ? CacheType.F32 : CacheType.BF16;
            try (Session s = e.newSession(wrong)) {
                assertThatThrownBy(() -> s.restore(file))
                        .isInstanceOf(CheckpointException.class)
                        .hasMessageContaining(type.name())
                        .hasMessageContaining(wrong.name());
            }
        }
    }

    @Test
    void anAnswerCannotChangeItsSession() {
        try (Engine e = Engine.load(folder, TINY);
                Session s = e.newSession(CacheType.BF16)) {
            int[] prompt = prompt(10);
            assertThat(generate(s, prompt, greedy(3).withCaches(CacheType.BF16)).tokens())
                    .hasSize(3);
            assertThatThrownBy(() -> generate(s, prompt, greedy(3).withCaches(CacheType.FP8)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("FP8")
                    .hasMessageContaining("BF16");
        }
    }

    @Test
    void theMemoryPlanKnowsEveryType() {
        try (Engine e = Engine.load(folder, TINY)) {
            for (CacheType t : CacheType.values()) {
                assertThat(e.memory(t).latentPerToken()).isEqualTo(2L * t.rowBytes(8, 4));
                assertThat(e.memory(t).indexPerToken()).isEqualTo(t.rowBytes(8, 0));
            }
        }
    }

    @Test
    void memoryGoesWhereItIsNeeded() {
        long fixed;
        long page;
        try (Engine e = Engine.load(folder, TINY)) {
            fixed = 2 * e.memory(CacheType.F32).workspace();
            page = (e.memory().latentPerToken() + e.memory().indexPerToken()) * 64;
        }
        // room for two programs' workspaces and one conversation of F32 of two pages, not for another beside it
        DeviceOptions little =
                DeviceOptions.of("cpu:vector").withThreads(1).withMemoryLimit(fixed + 2 * page + page / 4);
        int[] prompt = prompt(80);
        try (Engine plenty = Engine.load(folder, TINY);
                Engine e = Engine.load(folder, TINY.withDevice(little))) {
            for (CacheType t : new CacheType[] {CacheType.F32, CacheType.BF16, CacheType.F32, CacheType.BF16}) {
                assertThat(alone(e, t, prompt, greedy(5)).tokens())
                        .isEqualTo(alone(plenty, t, prompt, greedy(5)).tokens());
            }
            try (Session idle = e.newSession(CacheType.F32);
                    Session s = e.newSession(CacheType.BF16)) {
                generate(idle, prompt, greedy(5));
                assertThatThrownBy(() -> generate(s, prompt, greedy(5))).isInstanceOf(MemoryLimitException.class);
            }
        }
    }
}
