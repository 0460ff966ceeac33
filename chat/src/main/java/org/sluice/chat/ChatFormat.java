package org.sluice.chat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.decode.Constraint;
import org.sluice.model.Models;

/**
 * How one checkpoint speaks: its tokenizer, its template, the tokens that end a turn, and the parser of what it says. Safe to
 * use from several threads; closing it closes the tokenizer.
 */
public final class ChatFormat implements AutoCloseable {
    private static final String OBSERVATION = "<|observation|>";

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final Map<String, String> constants;
    private final GenerationDefaults defaults;
    private final Constraints constraints;

    /**
     * Puts a format together from its parts.
     *
     * @param tokenizer owned by this from now on
     * @param constants variables every prompt gets, such as {@code bos_token}
     */
    public ChatFormat(
            Tokenizer tokenizer, ChatTemplate template, Map<String, String> constants, GenerationDefaults defaults) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.constants = Map.copyOf(constants);
        this.defaults = defaults;
        constraints = new Constraints(tokenizer);
    }

    /**
     * Opens what a checkpoint says about chatting. A GGUF file, or a folder that holds one, carries it in its metadata. A
     * Hugging Face folder carries tokenizer.json, chat_template.jinja (or the field
     * {@code chat_template} of tokenizer_config.json) and, where they are there, generation_config.json, config.json and
     * tokenizer_config.json.
     *
     * @throws org.sluice.error.CheckpointException where a file is missing or broken
     */
    public static ChatFormat open(Path path) {
        return Files.exists(path) && Models.isGguf(path) ? GgufFormat.open(path) : FormatFolder.open(path);
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public ChatTemplate template() {
        return template;
    }

    public GenerationDefaults defaults() {
        return defaults;
    }

    /** Tokens that end a turn. */
    public Set<Integer> stopIds() {
        return defaults.stopIds();
    }

    /** The text of a prompt, as {@link ChatTemplate#render(List, List, PromptOptions, Map)} makes it. */
    public String prompt(List<Message> messages, List<Tool> tools, PromptOptions options) {
        return template.render(messages, tools, options, constants);
    }

    /** The tokens of a prompt. */
    public int[] encode(List<Message> messages, List<Tool> tools, PromptOptions options) {
        return tokenizer.encode(prompt(messages, tools, options));
    }

    /** Whether what follows this prompt begins inside a thought. */
    public boolean startsInReasoning(String prompt) {
        return start(prompt) == OutputParser.Start.REASONING;
    }

    /** How the first character after this prompt is to be read. */
    public OutputParser.Start start(String prompt) {
        String end = prompt.stripTrailing();
        if (end.endsWith(OutputParser.OPEN_THINK)) {
            return OutputParser.Start.REASONING;
        }
        return end.endsWith(OutputParser.CLOSE_THINK) ? OutputParser.Start.CONTENT : OutputParser.Start.EITHER;
    }

    /** A parser for one answer to this prompt. */
    public OutputParser newParser(String prompt, List<Tool> tools) {
        return new OutputParser(start(prompt), tools);
    }

    /**
     * What one answer to this prompt must stay in, as its options ask; null where it is free. Made once and remembered.
     *
     * @throws org.sluice.error.InvalidRequestException where a schema contradicts itself
     * @throws org.sluice.error.UnsupportedException where a schema or pattern uses what is not supported; names it
     */
    public @Nullable Constraint constraint(String prompt, ReplyOptions options) {
        return constraints.of(start(prompt), options);
    }

    /** What a thinking budget puts in the model's mouth to end a thought. */
    public int[] endOfThought() {
        return tokenizer.encode(OutputParser.CLOSE_THINK);
    }

    /**
     * Why a turn ended at a stop token, in the words of the OpenAI API: {@code tool_calls} where the model waits for an
     * observation or has called a tool, else {@code stop}.
     */
    public String finishReason(int stopId, ParsedOutput output) {
        boolean waits = tokenizer.token(stopId).equals(OBSERVATION);
        return waits || !output.toolCalls().isEmpty() ? "tool_calls" : "stop";
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
