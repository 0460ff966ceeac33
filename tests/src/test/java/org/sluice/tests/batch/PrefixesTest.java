package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.Reply;
import org.sluice.chat.ReplyOptions;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;
import org.sluice.tests.model.TinyCheckpoint;

/** Sessions that begin as others did go on from there, and answer as if they had computed everything. */
class PrefixesTest {
    private static final EngineOptions TINY = EngineOptions.DEFAULT
            .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
            .withMaxRows(16);

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    private static GenerationOptions greedy(int n) {
        return new GenerationOptions(n, Set.of(), SamplerOptions.GREEDY);
    }

    private static Generation generate(Engine e, int[] prompt, int n) {
        try (Session s = e.newSession()) {
            return s.generate(prompt, greedy(n), TokenListener.NONE, ProgressListener.NONE, new CancelToken());
        }
    }

    @Test
    void theLongestCommonPrefixIsReusedToTheToken(@TempDir Path folder) {
        new TinyCheckpoint().write(folder);
        try (Engine alone = Engine.load(folder, TINY);
                Engine sharing = Engine.load(folder, TINY.withPrefixBytes(1L << 30))) {
            List<int[]> known = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int[] prompt = next(known);
                Generation g = generate(sharing, prompt, 1 + i % 5);
                Generation expected = generate(alone, prompt, 1 + i % 5);
                assertThat(g.tokens()).as("prompt " + i).isEqualTo(expected.tokens());
                assertThat(g.reusedTokens()).as("prompt " + i).isEqualTo(longest(known, prompt));
                int[] all = Arrays.copyOf(prompt, prompt.length + g.tokens().length - 1);
                System.arraycopy(g.tokens(), 0, all, prompt.length, g.tokens().length - 1);
                known.add(all);
            }
            assertThat(alone.cacheBytes()).isZero();
            assertThat(sharing.cacheBytes()).isPositive();
        }
    }

    /** A prompt that begins as a random one before did, for a random while. */
    private int[] next(List<int[]> known) {
        int n = 2 + random.nextInt(TinyCheckpoint.CONTEXT - 10);
        int[] prompt = random.ints(n, 0, 3).toArray();
        if (!known.isEmpty()) {
            int[] other = known.get(random.nextInt(known.size()));
            System.arraycopy(other, 0, prompt, 0, Math.min(random.nextInt(n), other.length));
        }
        return prompt;
    }

    private static int longest(List<int[]> known, int[] prompt) {
        int most = 0;
        for (int[] k : known) {
            int m = Arrays.mismatch(k, prompt);
            most = Math.max(most, m < 0 ? prompt.length : m);
        }
        return Math.min(most, prompt.length - 1);
    }

    @Test
    void whatIsNotUsedIsLetGo(@TempDir Path folder) {
        new TinyCheckpoint().write(folder);
        long page;
        try (Engine e = Engine.load(folder, TINY)) {
            page = (e.memory().latentPerToken() + e.memory().indexPerToken()) * 64;
        }
        try (Engine e = Engine.load(folder, TINY.withPrefixBytes(5 * page))) {
            int[] often = random.ints(40, 0, TinyCheckpoint.VOCABULARY).toArray();
            int[] once = random.ints(40, 0, TinyCheckpoint.VOCABULARY).toArray();
            generate(e, often, 3);
            generate(e, once, 3);
            for (int i = 0; i < 20; i++) {
                generate(e, random.ints(30, 0, TinyCheckpoint.VOCABULARY).toArray(), 3);
                assertThat(e.cacheBytes()).isLessThanOrEqualTo(5 * page);
                assertThat(generate(e, often, 3).reusedTokens()).isEqualTo(39);
            }
            assertThat(generate(e, once, 3).reusedTokens()).isLessThan(5);
        }
    }

    @Tag("fixtures")
    @ParameterizedTest(name = "{0} drafts")
    @ValueSource(ints = {0, 2})
    void theTenthTurnComputesOnlyWhatIsNew(int drafts) {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
                .withContext(4096)
                .withDrafts(Drafts.of(drafts));
        try (ChatModel sharing = ChatModel.load(Fixtures.demoModel(), options.withPrefixBytes(1L << 30));
                ChatModel alone = ChatModel.load(Fixtures.demoModel(), options)) {
            List<Message> talk = new ArrayList<>();
            int held = 0;
            for (int turn = 0; turn < 10; turn++) {
                talk.add(Message.user("What is " + (17 + turn) + " + 25?"));
                Reply kept = reply(sharing, talk, true);
                Generation g = kept.generation();
                int prompt = g.reusedTokens() + g.prefillTokens();
                assertThat(g.tokens())
                        .as("turn " + turn)
                        .isEqualTo(reply(alone, talk, true).generation().tokens());
                // the newest token of an answer is not computed; a drafter's row needs the one behind it, too
                assertThat(g.reusedTokens()).as("turn " + turn).isBetween(Math.max(0, held - 2), held);
                held = prompt + g.tokens().length - 1;
                if (turn % 4 == 2) {
                    // thoughts of earlier turns left out: another branch, which leaves the first alone
                    assertThat(reply(sharing, talk, false).generation().tokens())
                            .as("cleared, turn " + turn)
                            .isEqualTo(reply(alone, talk, false).generation().tokens());
                }
                talk.add(kept.message());
            }
        }
    }

    private static Reply reply(ChatModel model, List<Message> talk, boolean keepThinking) {
        ReplyOptions defaults = model.defaults();
        ReplyOptions options = defaults.withSampler(SamplerOptions.GREEDY)
                .withMaxTokens(250)
                .withPrompt(defaults.prompt().withClearThinking(!keepThinking));
        try (Conversation c = model.newConversation().addAll(talk)) {
            return c.reply(options, event -> {});
        }
    }
}
