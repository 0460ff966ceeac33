package org.sluice.chat;

import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.SamplerOptions;
import org.sluice.error.InvalidRequestException;

/**
 * How a model should answer.
 *
 * @param prompt reasoning effort, preserved thinking and other template variables
 * @param tools functions it may call
 * @param sampler how tokens are drawn
 * @param maxTokens most tokens to generate, reasoning included
 * @param stop texts that end the answer; they are not part of it
 * @param thinkingBudget reasoning tokens after which the thought is closed and the answer begins
 * @param responseFormat what the answer must look like, or null; with it, calls of tools are held to their schemas too
 * @param toolChoice whether tools are called, and how strictly
 */
public record ReplyOptions(
        PromptOptions prompt,
        List<Tool> tools,
        SamplerOptions sampler,
        int maxTokens,
        List<String> stop,
        OptionalInt thinkingBudget,
        @Nullable ResponseFormat responseFormat,
        ToolChoice toolChoice) {
    /** Checks and copies. */
    public ReplyOptions {
        tools = List.copyOf(tools);
        stop = List.copyOf(stop);
        if (maxTokens < 1) {
            throw new InvalidRequestException("max-tokens must be at least 1, not " + maxTokens);
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new InvalidRequestException("a stop text must not be empty");
        }
        if (thinkingBudget.isPresent() && thinkingBudget.getAsInt() < 0) {
            throw new InvalidRequestException("the thinking budget must not be negative");
        }
    }

    /** Options without constraints. */
    public ReplyOptions(
            PromptOptions prompt,
            List<Tool> tools,
            SamplerOptions sampler,
            int maxTokens,
            List<String> stop,
            OptionalInt thinkingBudget) {
        this(prompt, tools, sampler, maxTokens, stop, thinkingBudget, null, ToolChoice.FREE);
    }

    /** These options with another reasoning effort. */
    public ReplyOptions withEffort(ReasoningEffort effort) {
        return withPrompt(prompt.withEffort(effort));
    }

    /** These options with other template options. */
    public ReplyOptions withPrompt(PromptOptions other) {
        return new ReplyOptions(other, tools, sampler, maxTokens, stop, thinkingBudget, responseFormat, toolChoice);
    }

    /** These options with tools. */
    public ReplyOptions withTools(List<Tool> all) {
        return new ReplyOptions(prompt, all, sampler, maxTokens, stop, thinkingBudget, responseFormat, toolChoice);
    }

    /** These options with another way to draw tokens. */
    public ReplyOptions withSampler(SamplerOptions other) {
        return new ReplyOptions(prompt, tools, other, maxTokens, stop, thinkingBudget, responseFormat, toolChoice);
    }

    /** These options with another limit. */
    public ReplyOptions withMaxTokens(int n) {
        return new ReplyOptions(prompt, tools, sampler, n, stop, thinkingBudget, responseFormat, toolChoice);
    }

    /** These options with stop texts. */
    public ReplyOptions withStop(List<String> texts) {
        return new ReplyOptions(prompt, tools, sampler, maxTokens, texts, thinkingBudget, responseFormat, toolChoice);
    }

    /** These options with a thinking budget. */
    public ReplyOptions withThinkingBudget(int tokens) {
        return new ReplyOptions(
                prompt, tools, sampler, maxTokens, stop, OptionalInt.of(tokens), responseFormat, toolChoice);
    }

    /** These options with a form the answer must have; null for none. */
    public ReplyOptions withResponseFormat(@Nullable ResponseFormat format) {
        return new ReplyOptions(prompt, tools, sampler, maxTokens, stop, thinkingBudget, format, toolChoice);
    }

    /** These options with another choice of tools. */
    public ReplyOptions withToolChoice(ToolChoice choice) {
        return new ReplyOptions(prompt, tools, sampler, maxTokens, stop, thinkingBudget, responseFormat, choice);
    }
}
