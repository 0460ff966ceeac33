package org.sluice.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.PythonJson;

/**
 * One message of a conversation.
 *
 * @param reasoningContent what an assistant thought before it said {@code content}; null where it is not known
 * @param toolCalls what an assistant asked for
 * @param toolCallId which call a tool's answer belongs to
 * @param extras members of the request that only some templates know, in order
 */
public record Message(
        Role role,
        Content content,
        @Nullable String reasoningContent,
        List<ToolCall> toolCalls,
        @Nullable String name,
        @Nullable String toolCallId,
        Map<String, Object> extras) {
    public Message {
        toolCalls = List.copyOf(toolCalls);
        extras = Collections.unmodifiableMap(new LinkedHashMap<>(extras));
    }

    public static Message system(String text) {
        return of(Role.SYSTEM, text);
    }

    public static Message user(String text) {
        return of(Role.USER, text);
    }

    public static Message assistant(String text) {
        return of(Role.ASSISTANT, text);
    }

    /** An assistant's turn as it was generated, for the next prompt. */
    public static Message assistant(ParsedOutput output) {
        return new Message(
                Role.ASSISTANT,
                new Content.Text(output.content()),
                output.reasoning(),
                output.toolCalls(),
                null,
                null,
                Map.of());
    }

    /** What a tool answered; {@code toolCallId} may be null where calls are answered in order. */
    public static Message tool(String text, @Nullable String toolCallId) {
        return new Message(Role.TOOL, new Content.Text(text), null, List.of(), null, toolCallId, Map.of());
    }

    private static Message of(Role role, String text) {
        return new Message(role, new Content.Text(text), null, List.of(), null, null, Map.of());
    }

    /**
     * The message as templates see it: absent members are absent, a missing content is "".
     *
     * @param argumentsAsText whether a call's arguments are JSON text rather than an object
     */
    Map<String, Object> toTemplate(boolean argumentsAsText) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("role", role.id());
        m.put(
                "content",
                switch (content) {
                    case Content.Text t -> t.text();
                    case Content.Parts p -> p.parts();
                });
        if (reasoningContent != null) {
            m.put("reasoning_content", reasoningContent);
        }
        if (!toolCalls.isEmpty()) {
            List<Object> calls = new ArrayList<>();
            for (ToolCall call : toolCalls) {
                calls.add(toTemplate(call, argumentsAsText));
            }
            m.put("tool_calls", calls);
        }
        if (name != null) {
            m.put("name", name);
        }
        if (toolCallId != null) {
            m.put("tool_call_id", toolCallId);
        }
        extras.forEach(m::putIfAbsent);
        return m;
    }

    private static Map<String, Object> toTemplate(ToolCall call, boolean argumentsAsText) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments", argumentsAsText ? PythonJson.write(call.arguments()) : call.arguments());
        Map<String, Object> m = new LinkedHashMap<>();
        if (call.id() != null) {
            m.put("id", call.id());
        }
        m.put("type", "function");
        m.put("function", function);
        return m;
    }
}
