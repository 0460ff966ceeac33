package org.sluice.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.MessageReader;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.ReasoningEffort;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.Tool;
import org.sluice.decode.SamplerOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say how the model answers. What is not given is as the checkpoint recommends. */
final class AnswerChoice {
    @Option(names = "--effort", paramLabel = "off|high|max", description = "How much the model thinks.")
    private @Nullable String effort;

    @Option(names = "--temperature", paramLabel = "T", description = "0 takes the most likely token.")
    private @Nullable Double temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "Keep the likeliest tokens up to this probability.")
    private @Nullable Double topP;

    @Option(names = "--top-k", paramLabel = "K", description = "Keep the K likeliest tokens; 0 keeps all.")
    private @Nullable Integer topK;

    @Option(names = "--min-p", paramLabel = "P", description = "Keep tokens this likely beside the likeliest.")
    private @Nullable Double minP;

    @Option(names = "--repetition-penalty", paramLabel = "X", description = "Above 1 makes seen tokens less likely.")
    private @Nullable Double repetitionPenalty;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same answer.")
    private @Nullable Long seed;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an answer, thinking included.")
    private @Nullable Integer maxTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Text that ends the answer; may be repeated.")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--system", paramLabel = "TEXT", description = "System message.")
    private @Nullable String system;

    @Option(names = "--tools", paramLabel = "FILE", description = "Functions it may call, a JSON list (OpenAI's form).")
    private @Nullable Path tools;

    @Option(
            names = "--thinking-budget",
            paramLabel = "N",
            description = "Close a thought after N tokens and go on with the answer.")
    private @Nullable Integer thinkingBudget;

    @Option(
            names = "--keep-thinking",
            description = "Keep earlier thoughts in the prompt (the template's clear_thinking=false).")
    private boolean keepThinking;

    @Mixin
    private FormChoice form = new FormChoice();

    /** Looks at everything that can be wrong without a model, so that a mistake does not cost the loading of one. */
    List<Tool> check() {
        if (effort != null) {
            ReasoningEffort.of(effort);
        }
        options(
                SamplerOptions.GREEDY,
                new ReplyOptions(
                        PromptOptions.defaults(),
                        List.of(),
                        SamplerOptions.GREEDY,
                        1,
                        List.of(),
                        java.util.OptionalInt.empty()));
        return tools == null ? List.of() : TextFile.parse(tools, "--tools", MessageReader::tools);
    }

    /** What the conversation was asked for last, or else the checkpoint's recommendation, with these choices. */
    ReplyOptions options(ChatModel model, Conversation talk, List<Tool> functions) {
        ReplyOptions before = talk.lastOptions().orElseGet(model::defaults);
        ReplyOptions o = options(before.sampler(), before);
        return tools == null ? o : o.withTools(functions);
    }

    private ReplyOptions options(SamplerOptions s, ReplyOptions defaults) {
        SamplerOptions sampler = new SamplerOptions(
                temperature == null ? s.temperature() : temperature,
                topK == null ? s.topK() : topK,
                topP == null ? s.topP() : topP,
                minP == null ? s.minP() : minP,
                repetitionPenalty == null ? s.repetitionPenalty() : repetitionPenalty,
                seed == null ? s.seed() : seed);
        PromptOptions prompt = defaults.prompt();
        if (effort != null) {
            prompt = prompt.withEffort(ReasoningEffort.of(effort));
        }
        if (keepThinking) {
            prompt = prompt.withClearThinking(false);
        }
        ReplyOptions o = defaults.withSampler(sampler).withPrompt(prompt).withStop(stop);
        o = maxTokens == null ? o : o.withMaxTokens(maxTokens);
        o = thinkingBudget == null ? o : o.withThinkingBudget(thinkingBudget);
        return form.options(o);
    }

    /** What stands at the beginning of every conversation. */
    List<Message> opening() {
        return system == null ? List.of() : List.of(Message.system(system));
    }
}
