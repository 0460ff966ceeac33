package org.sluice.chat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;

/**
 * Messages that grow, and the caches of what the model has seen of them: an answer computes only what is new since the last
 * one. One thread at a time may use it; conversations of one model may be used by different threads.
 */
public final class Conversation implements AutoCloseable {
    private final ChatFormat format;
    private final Session session;
    private final List<Message> messages = new ArrayList<>();
    private @Nullable ReplyOptions last;

    Conversation(ChatFormat format, Session session) {
        this.format = format;
        this.session = session;
    }

    /** Takes over what is in a file from which the session was restored. */
    void restore(Path file, ReplyOptions defaults) {
        SavedConversation saved = SavedConversation.read(file, session.attachment());
        messages.addAll(saved.messages());
        if (saved.prompt() != null) {
            SamplerOptions sampler = session.lastSampler().orElse(defaults.sampler());
            // every answer begins with the first random number
            last = defaults.withPrompt(saved.prompt()).withTools(saved.tools()).withSampler(sampler.withDrawn(0));
        }
    }

    /** What was said so far. */
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    /**
     * How the last answer was asked for. In a conversation that was restored: its prompt, tools and sampler, and otherwise what the
     * model recommends.
     */
    public Optional<ReplyOptions> lastOptions() {
        return Optional.ofNullable(last);
    }

    /**
     * Writes messages, thoughts among them, and caches to a file, from which {@link ChatModel#restoreConversation} goes on without
     * computing anything again. The file appears whole or not at all.
     *
     * @throws org.sluice.error.CheckpointException where it cannot be written
     */
    public void save(Path file) {
        session.save(
                file,
                new SavedConversation(
                                messages, last == null ? List.of() : last.tools(), last == null ? null : last.prompt())
                        .write());
    }

    /** Adds a message without asking for an answer. */
    public Conversation add(Message message) {
        messages.add(message);
        return this;
    }

    /** Adds messages without asking for an answer. */
    public Conversation addAll(Collection<Message> all) {
        messages.addAll(all);
        return this;
    }

    /** Forgets all messages; caches of a common beginning stay useful. */
    public void clear() {
        messages.clear();
    }

    /**
     * Answers what was said so far and adds the answer to the messages.
     *
     * @param listener hears the pieces of the answer while they come, on the calling thread
     * @param progress hears of the prefill
     * @param cancel ends the answer early; what there is of it is returned and kept
     */
    public Reply reply(
            ReplyOptions options, Consumer<OutputEvent> listener, ProgressListener progress, CancelToken cancel) {
        last = options;
        String prompt = format.prompt(messages, options.tools(), options.prompt());
        int[] tokens = format.tokenizer().encode(prompt);
        ReplyStream stream = new ReplyStream(format, prompt, options, listener);
        GenerationOptions generation = new GenerationOptions(
                options.maxTokens(),
                format.stopIds(),
                options.sampler(),
                OptionalInt.of(format.tokenizer().size()),
                format.constraint(prompt, options));
        Generation g = session.generate(tokens, generation, stream, progress, cancel);
        ParsedOutput output = stream.finish();
        Reply reply = new Reply(output, stream.text(), finishReason(g, output), g);
        messages.add(reply.message());
        return reply;
    }

    /** {@link #reply(ReplyOptions, Consumer, ProgressListener, CancelToken)} without progress and cancellation. */
    public Reply reply(ReplyOptions options, Consumer<OutputEvent> listener) {
        return reply(options, listener, ProgressListener.NONE, new CancelToken());
    }

    private String finishReason(Generation g, ParsedOutput output) {
        if (g.reason() == FinishReason.STOP && g.tokens().length > 0) {
            int last = g.tokens()[g.tokens().length - 1];
            if (format.stopIds().contains(last)) {
                return format.finishReason(last, output);
            }
        }
        return switch (g.reason()) {
            case STOP -> output.toolCalls().isEmpty() ? "stop" : "tool_calls";
            case LENGTH -> "length";
            case CANCELLED -> "cancelled";
        };
    }

    @Override
    public void close() {
        session.close();
    }
}
