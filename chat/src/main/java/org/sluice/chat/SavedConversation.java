package org.sluice.chat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;

/**
 * What a saved session holds of a conversation beside its caches, as JSON (docs/session-format.md).
 *
 * @param messages all of them, thoughts included
 * @param tools of the last answer
 * @param prompt how the last answer's prompt was made; null where there was no answer
 */
record SavedConversation(
        List<Message> messages, List<Tool> tools, @Nullable PromptOptions prompt) {
    byte[] write() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("messages", messages.stream().map(x -> x.toTemplate(false)).toList());
        m.put("tools", tools.stream().map(Tool::definition).toList());
        if (prompt != null) {
            ReasoningEffort effort = prompt.effort();
            m.put("effort", effort == null ? null : effort.name().toLowerCase(Locale.ROOT));
            m.put("clear_thinking", prompt.clearThinking());
            m.put("variables", prompt.variables());
        }
        return Json.write(m).getBytes(StandardCharsets.UTF_8);
    }

    /** @throws CheckpointException where the file holds a session without messages */
    static SavedConversation read(Path file, byte[] attachment) {
        if (attachment.length == 0) {
            throw new CheckpointException(
                    file + " holds a session without messages; restore it as a session, or name another file");
        }
        try {
            Map<String, Object> m = MessageReader.object(
                    MessageReader.parse(new String(attachment, StandardCharsets.UTF_8), "its messages"),
                    "its messages");
            return new SavedConversation(
                    MessageReader.messages(m.get("messages")), MessageReader.tools(m.get("tools")), prompt(m));
        } catch (InvalidRequestException e) {
            throw new CheckpointException(file + " holds no conversation: " + e.getMessage(), e);
        }
    }

    private static @Nullable PromptOptions prompt(Map<String, Object> m) {
        if (!m.containsKey("variables")) {
            return null;
        }
        PromptOptions p = PromptOptions.defaults();
        if (m.get("effort") instanceof String effort) {
            p = p.withEffort(ReasoningEffort.of(effort));
        }
        if (m.get("clear_thinking") instanceof Boolean clear) {
            p = p.withClearThinking(clear);
        }
        for (Map.Entry<String, Object> v :
                Json.objectOrEmpty(m.get("variables")).entrySet()) {
            p = p.withVariable(v.getKey(), v.getValue());
        }
        return p;
    }
}
