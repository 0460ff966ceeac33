package org.sluice.chat;

import org.sluice.decode.Generation;

/**
 * A finished answer.
 *
 * @param output reasoning, answer and tool calls
 * @param text everything generated, as text, without the stop token or stop text
 * @param finishReason {@code stop}, {@code tool_calls}, {@code length} or {@code cancelled}
 * @param generation tokens and timings
 */
public record Reply(ParsedOutput output, String text, String finishReason, Generation generation) {
    /** The answer as a message of the conversation. */
    public Message message() {
        return Message.assistant(output);
    }
}
