package org.sluice.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a prompt is made of messages.
 *
 * @param effort null leaves it to the template, which for GLM-5.2 means max
 * @param clearThinking whether earlier reasoning is left out; null leaves it to the template. False keeps the prompt a
 *     prefix of the next one, which agents and the KV cache want
 * @param addGenerationPrompt whether the prompt ends where the assistant begins to speak
 * @param variables further template variables; they win over the ones above
 */
public record PromptOptions(
        @Nullable ReasoningEffort effort,
        @Nullable Boolean clearThinking,
        boolean addGenerationPrompt,
        Map<String, Object> variables) {
    private static final PromptOptions DEFAULT = new PromptOptions(null, null, true, Map.of());

    public PromptOptions {
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    }

    /** The template's own defaults, ending where the assistant begins to speak. */
    public static PromptOptions defaults() {
        return DEFAULT;
    }

    public PromptOptions withEffort(@Nullable ReasoningEffort value) {
        return new PromptOptions(value, clearThinking, addGenerationPrompt, variables);
    }

    public PromptOptions withClearThinking(@Nullable Boolean value) {
        return new PromptOptions(effort, value, addGenerationPrompt, variables);
    }

    public PromptOptions withGenerationPrompt(boolean value) {
        return new PromptOptions(effort, clearThinking, value, variables);
    }

    public PromptOptions withVariable(String name, @Nullable Object value) {
        Map<String, Object> more = new LinkedHashMap<>(variables);
        more.put(name, value);
        return new PromptOptions(effort, clearThinking, addGenerationPrompt, more);
    }

    /** The names GLM's and DeepSeek's templates read. */
    Map<String, Object> toTemplate() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("add_generation_prompt", addGenerationPrompt);
        if (effort != null) {
            boolean thinking = effort != ReasoningEffort.OFF;
            all.put("enable_thinking", thinking);
            all.put("thinking", thinking);
            if (thinking) {
                all.put("reasoning_effort", effort == ReasoningEffort.HIGH ? "high" : "max");
            }
        }
        if (clearThinking != null) {
            all.put("clear_thinking", clearThinking);
        }
        all.putAll(variables);
        return all;
    }
}
