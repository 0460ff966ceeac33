package org.sluice.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model said, taken apart.
 *
 * @param reasoning the thought; null where the model was not thinking, "" where it stopped at once
 * @param content the answer, "" where there is none
 * @param toolCalls finished calls in order; one that was cut off is not among them
 */
public record ParsedOutput(@Nullable String reasoning, String content, List<ToolCall> toolCalls) {
    public ParsedOutput {
        toolCalls = List.copyOf(toolCalls);
    }
}
