package org.sluice.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.JinjaException;
import org.sluice.chat.jinja.Template;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;

/**
 * A checkpoint's Jinja chat template; immutable, safe to use from several threads.
 *
 * <p>Renders as Hugging Face's {@code apply_chat_template} does: {@code trim_blocks} and {@code lstrip_blocks}, Python's
 * {@code tojson}, {@code raise_exception} and {@code strftime_now}. Templates are not trusted: they see plain values only,
 * and what they may use up is bounded.
 */
public final class ChatTemplate {
    private final String source;
    private final Template template;

    private ChatTemplate(String source, Template template) {
        this.source = source;
        this.template = template;
    }

    /**
     * Reads a template file.
     *
     * @throws CheckpointException where it is missing or no template
     */
    public static ChatTemplate open(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new CheckpointException(
                    file + ": cannot be read as UTF-8 text (" + e.getClass().getSimpleName()
                            + "); fetch the file again",
                    e);
        }
    }

    /**
     * Parses a template.
     *
     * @param source what errors call it
     * @throws CheckpointException where it is no template
     */
    public static ChatTemplate parse(String template, String source) {
        return parse(template, source, Clock.system(ZoneId.systemDefault()));
    }

    /** As {@link #parse(String, String)}, with the clock that {@code strftime_now} reads. */
    public static ChatTemplate parse(String template, String source, Clock clock) {
        try {
            return new ChatTemplate(source, Template.parse(template, clock));
        } catch (JinjaException e) {
            throw broken(source, e);
        }
    }

    /**
     * The text of a prompt.
     *
     * @param constants variables the checkpoint gives, such as {@code bos_token}
     * @throws InvalidRequestException where the template refuses the conversation
     * @throws CheckpointException where the template itself fails
     */
    public String render(
            List<Message> messages, List<Tool> tools, PromptOptions options, Map<String, String> constants) {
        try {
            return template.render(variables(messages, tools, options, constants, false));
        } catch (JinjaException e) {
            // DeepSeek's templates join a call's arguments as text, GLM's walk over them; there is no telling in
            // advance.
            boolean calls = messages.stream().anyMatch(m -> !m.toolCalls().isEmpty());
            if (e.kind() == JinjaException.Kind.RUNTIME && calls) {
                try {
                    return template.render(variables(messages, tools, options, constants, true));
                } catch (JinjaException again) {
                    throw failed(e);
                }
            }
            throw failed(e);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The text for these template variables and no others. */
    public String render(Map<String, ? extends @Nullable Object> variables) {
        try {
            return template.render(variables);
        } catch (JinjaException e) {
            throw failed(e);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, @Nullable Object> variables(
            List<Message> messages,
            List<Tool> tools,
            PromptOptions options,
            Map<String, String> constants,
            boolean argumentsAsText) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(constants);
        List<Object> rendered = new ArrayList<>(messages.size());
        for (Message m : messages) {
            rendered.add(m.toTemplate(argumentsAsText));
        }
        all.put("messages", rendered);
        // As Hugging Face has it: defined, but none.
        all.put(
                "tools",
                tools.isEmpty() ? null : tools.stream().map(Tool::definition).toList());
        all.put("documents", null);
        all.putAll(options.toTemplate());
        return all;
    }

    private RuntimeException failed(JinjaException e) {
        if (e.kind() == JinjaException.Kind.RAISED) {
            return new InvalidRequestException(
                    "the model's chat template refuses the conversation: " + oneLine(e.getMessage()), e);
        }
        return broken(source, e);
    }

    private static CheckpointException broken(String source, JinjaException e) {
        String where = e.line() > 0 ? source + ", line " + e.line() : source;
        return new CheckpointException(
                where + ": the chat template " + (e.kind() == JinjaException.Kind.LIMIT ? "" : "is broken: ")
                        + oneLine(e.getMessage()) + "; fetch the checkpoint's chat_template.jinja again",
                e);
    }

    private static String oneLine(@Nullable String message) {
        String line = String.valueOf(message).strip().replaceAll("\\s+", " ");
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }
}
