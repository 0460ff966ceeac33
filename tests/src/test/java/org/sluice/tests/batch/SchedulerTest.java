package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Constraint;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafts;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.TokenListener;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.decode.constraint.Syntax;
import org.sluice.decode.constraint.TokenTrie;
import org.sluice.graph.CacheType;
import org.sluice.tests.Fixtures;

/** Requests that arrive at random and share steps get, token for token, what each gets alone. */
@Tag("fixtures")
class SchedulerTest {
    private static final int CONTEXT = 320;
    /** A token of the demonstration model that ends answers. */
    private static final int STOP = 1516;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    @ParameterizedTest(name = "on {0}, {1} drafts, {2} in a step of {3} rows, prefixes {4}")
    @CsvSource({
        "cpu:vector, 0, 8, 24, false",
        "cpu:native, 0, 3, 48, true",
        "cpu:vector, 2, 5, 16, true",
        "cpu:native, 3, 1, 64, false"
    })
    void answersAreThoseOfSessionsAlone(String device, int drafts, int parallel, int rows, boolean prefixes)
            throws Exception {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(1))
                .withContext(CONTEXT)
                .withDrafts(
                        drafts % 2 == 0 ? Drafts.of(drafts) : Drafts.of(drafts).withKind(DraftKind.SAMPLED));
        try (Engine alone = Engine.load(Fixtures.demoModel(), options);
                Engine shared = Engine.load(
                        Fixtures.demoModel(),
                        options.withParallel(parallel).withMaxRows(rows).withPrefixBytes(prefixes ? 1L << 24 : 0))) {
            List<Requests.Request> requests = Requests.random(9, alone.model().vocabSize(), CONTEXT - 80, 30, random);
            // some begin as others do
            requests = new ArrayList<>(requests);
            requests.addAll(requests.subList(3, 7));
            List<Generation> expected = Requests.alone(alone, requests);
            List<CompletableFuture<Generation>> got = new ArrayList<>();
            try (Scheduler scheduler = shared.newScheduler(new SchedulerOptions(10, 100))) {
                for (Requests.Request r : requests) {
                    got.add(scheduler.submit(
                            r.prompt(), r.options(), TokenListener.NONE, ProgressListener.NONE, new CancelToken()));
                    Thread.sleep(random.nextInt(4) == 0 ? random.nextInt(15) : 0);
                }
                for (int i = 0; i < got.size(); i++) {
                    Generation g = got.get(i).get();
                    assertThat(g.tokens())
                            .as("request " + i)
                            .isEqualTo(expected.get(i).tokens());
                    assertThat(g.reason()).isEqualTo(expected.get(i).reason());
                    assertThat(g.drafts().tokens())
                            .as("rounds of request " + i)
                            .isEqualTo(expected.get(i).drafts().tokens());
                }
            }
            if (!prefixes) {
                assertThat(shared.cacheBytes()).isZero();
            }
        }
    }

    /** Some of everything: caches of all types, constraints, drawn tokens, and others that fail or are cancelled meanwhile. */
    @ParameterizedTest(name = "on {0}, {1} drafts {2}")
    @CsvSource({"cpu:vector, 0, ARGMAX", "cpu:native, 3, ARGMAX", "cpu:vector, 2, SAMPLED"})
    void everythingAtOnce(String device, int drafts, DraftKind kind) throws Exception {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(1))
                .withContext(CONTEXT)
                .withDrafts(Drafts.of(drafts).withKind(kind));
        try (Engine alone = Engine.load(Fixtures.demoModel(), options);
                Engine shared = Engine.load(
                        Fixtures.demoModel(),
                        options.withParallel(6).withMaxRows(40).withPrefixBytes(1L << 26))) {
            List<@Nullable Constraint> constraints = constraints();
            List<Requests.Request> requests =
                    new ArrayList<>(Requests.random(14, alone.model().vocabSize(), CONTEXT - 80, 30, random));
            requests.replaceAll(r -> {
                @Nullable Constraint c = constraints.get(random.nextInt(constraints.size()));
                CacheType type = List.of(CacheType.values()).get(random.nextInt(3));
                GenerationOptions o = r.options();
                o = c == null ? o : new GenerationOptions(o.maxTokens(), Set.of(STOP), o.sampler()).withConstraint(c);
                return new Requests.Request(r.prompt(), o.withCaches(random.nextInt(4) == 0 ? null : type));
            });
            List<Generation> expected = Requests.alone(alone, requests);
            assertThat(expected.stream().filter(g -> g.reason() == FinishReason.STOP))
                    .as("constrained answers that came to their end")
                    .isNotEmpty();
            List<CompletableFuture<Generation>> got = new ArrayList<>();
            try (Scheduler scheduler = shared.newScheduler(new SchedulerOptions(8, 100))) {
                for (Requests.Request r : requests) {
                    got.add(scheduler.submit(r.prompt(), r.options()));
                    disturb(scheduler, r);
                    Thread.sleep(random.nextInt(4) == 0 ? random.nextInt(15) : 0);
                }
                for (int i = 0; i < got.size(); i++) {
                    Generation g = got.get(i).get();
                    assertThat(g.tokens())
                            .as("request " + i + " " + requests.get(i).options())
                            .isEqualTo(expected.get(i).tokens());
                    assertThat(g.reason()).isEqualTo(expected.get(i).reason());
                    assertThat(g.drafts().tokens())
                            .isEqualTo(expected.get(i).drafts().tokens());
                }
            }
        }
    }

    /** Another request that ends before its time, one way or another. */
    private void disturb(Scheduler scheduler, Requests.Request like) {
        CancelToken cancel = new CancelToken();
        int at = random.nextInt(6);
        boolean fails = random.nextBoolean();
        CompletableFuture<Generation> bad = scheduler.submit(
                like.prompt(),
                like.options(),
                (index, token) -> {
                    if (index == at && fails) {
                        throw new IllegalStateException("the listener's own");
                    }
                    if (index == at) {
                        cancel.cancel();
                    }
                    return true;
                },
                (phase, done, all) -> {
                    if (at == 5) {
                        cancel.cancel();
                    }
                },
                cancel);
        if (at == 4) {
            bad.cancel(true);
        }
    }

    /** None, an expression, a schema; over the model's own vocabulary. */
    private static List<@Nullable Constraint> constraints() {
        try (ChatFormat format = ChatFormat.open(Fixtures.demoModel())) {
            Tokenizer t = format.tokenizer();
            byte[][] words = new byte[t.size()][];
            for (int id = 0; id < words.length; id++) {
                words[id] = t.isSpecial(id) ? new byte[0] : t.bytes(id);
            }
            TokenTrie trie = new TokenTrie(words);
            List<@Nullable Constraint> all = new ArrayList<>();
            all.add(null);
            all.add(new GrammarConstraint(Grammar.of(Syntax.regex("([a-f]{1,4} ?){1,3}")), trie));
            all.add(new GrammarConstraint(
                    Grammar.of(JsonSchema.parse("{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"maxItems\":4}")
                            .document()),
                    trie));
            return all;
        }
    }
}
