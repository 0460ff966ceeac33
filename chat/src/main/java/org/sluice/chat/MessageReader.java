package org.sluice.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import tools.jackson.core.JacksonException;

/** Messages and tools from JSON in the shape of the OpenAI chat completions API. */
public final class MessageReader {
    private static final Set<String> KNOWN =
            Set.of("role", "content", "reasoning_content", "reasoning", "tool_calls", "name", "tool_call_id");

    private MessageReader() {}

    /**
     * Reads a JSON list of messages.
     *
     * @throws InvalidRequestException where the text is not one, naming the message and the member
     */
    public static List<Message> messages(String json) {
        return messages(parse(json, "messages"));
    }

    /** As {@link #messages(String)}, from parsed JSON. */
    public static List<Message> messages(@Nullable Object json) {
        List<?> list = list(json, "messages");
        List<Message> messages = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            messages.add(message(object(list.get(i), "messages[" + i + "]"), "messages[" + i + "]"));
        }
        return messages;
    }

    /**
     * Reads a JSON list of tools, each {@code {"type": "function", "function": {…}}} or the bare function.
     *
     * @throws InvalidRequestException where the text is not one
     */
    public static List<Tool> tools(String json) {
        return tools(parse(json, "tools"));
    }

    /** As {@link #tools(String)}, from parsed JSON. */
    public static List<Tool> tools(@Nullable Object json) {
        List<?> list = list(json, "tools");
        List<Tool> tools = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            tools.add(new Tool(object(list.get(i), "tools[" + i + "]")));
        }
        return tools;
    }

    private static Message message(Map<String, Object> m, String where) {
        String role = text(m, "role", where);
        if (role == null) {
            throw new InvalidRequestException(where + " has no role; use system, user, assistant or tool");
        }
        Role known;
        try {
            known = Role.of(role);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(where + ": " + e.getMessage(), e);
        }
        String reasoning = text(m, "reasoning_content", where);
        Map<String, Object> extras = new LinkedHashMap<>();
        m.forEach((k, v) -> {
            if (!KNOWN.contains(k) && v != null) {
                extras.put(k, v);
            }
        });
        return new Message(
                known,
                content(m.get("content"), where),
                reasoning != null ? reasoning : text(m, "reasoning", where),
                calls(m.get("tool_calls"), where),
                text(m, "name", where),
                text(m, "tool_call_id", where),
                extras);
    }

    private static Content content(@Nullable Object content, String where) {
        return switch (content) {
            case null -> new Content.Text("");
            case String s -> new Content.Text(s);
            case List<?> parts -> {
                List<Object> checked = new ArrayList<>(parts.size());
                for (Object part : parts) {
                    if (!(part instanceof String) && !(part instanceof Map)) {
                        throw new InvalidRequestException(where + ".content holds a part that is " + kind(part)
                                + "; use text or an object with a type");
                    }
                    checked.add(part);
                }
                yield new Content.Parts(checked);
            }
            default ->
                throw new InvalidRequestException(
                        where + ".content is " + kind(content) + "; use text, a list of parts or null");
        };
    }

    private static List<ToolCall> calls(@Nullable Object json, String where) {
        if (json == null) {
            return List.of();
        }
        List<?> list = list(json, where + ".tool_calls");
        List<ToolCall> calls = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            String at = where + ".tool_calls[" + i + "]";
            Map<String, Object> call = object(list.get(i), at);
            Map<String, Object> function =
                    call.get("function") == null ? call : object(call.get("function"), at + ".function");
            String name = text(function, "name", at);
            if (name == null || name.isBlank()) {
                throw new InvalidRequestException(at + " names no function");
            }
            calls.add(new ToolCall(text(call, "id", at), name, arguments(function.get("arguments"), at)));
        }
        return calls;
    }

    private static Map<String, Object> arguments(@Nullable Object json, String where) {
        Object value = json;
        if (json instanceof String s) {
            // The API carries arguments as text; an empty text is how some clients say "none".
            value = s.isBlank() ? Map.of() : parse(s, where + ".arguments");
        }
        if (value == null && json == null) {
            return Map.of();
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new InvalidRequestException(
                    where + ".arguments must be a JSON object, but is " + kind(value) + "; send {\"name\": value, …}");
        }
        return Json.object(map);
    }

    static @Nullable Object parse(String json, String where) {
        try {
            return Json.parse(json);
        } catch (JacksonException e) {
            String detail = e.getOriginalMessage();
            throw new InvalidRequestException(
                    where + " is not valid JSON: "
                            + (detail == null ? "" : detail.lines().findFirst().orElse("")),
                    e);
        }
    }

    private static List<?> list(@Nullable Object json, String where) {
        if (json instanceof List<?> list) {
            return list;
        }
        throw new InvalidRequestException(where + " must be a JSON list, but is " + kind(json));
    }

    static Map<String, Object> object(@Nullable Object json, String where) {
        if (json instanceof Map<?, ?> map) {
            return Json.object(map);
        }
        throw new InvalidRequestException(where + " must be a JSON object, but is " + kind(json));
    }

    private static @Nullable String text(Map<String, Object> m, String member, String where) {
        Object value = m.get(member);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw new InvalidRequestException(where + "." + member + " must be text, but is " + kind(value));
    }

    private static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String s -> "text";
            case Boolean b -> "a boolean";
            case Number n -> "a number";
            case List<?> l -> "a list";
            case Map<?, ?> m -> "an object";
            default -> "of another kind";
        };
    }
}
