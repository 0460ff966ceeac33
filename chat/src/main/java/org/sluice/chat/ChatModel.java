package org.sluice.chat;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.decode.SamplerOptions;

/**
 * A loaded model that speaks messages: an {@link Engine} and the checkpoint's own tokenizer and template. Safe for use by
 * several threads.
 */
public final class ChatModel implements AutoCloseable {
    private static final int DEFAULT_MAX_TOKENS = 4096;

    private final Engine engine;
    private final ChatFormat format;

    private ChatModel(Engine engine, ChatFormat format) {
        this.engine = engine;
        this.format = format;
    }

    /** Loads a checkpoint: a folder or a GGUF file. Whatever fails, nothing stays open. */
    public static ChatModel load(Path path, EngineOptions options) {
        ChatFormat format = ChatFormat.open(path);
        try {
            return new ChatModel(Engine.load(path, options), format);
        } catch (RuntimeException | Error e) {
            format.close();
            throw e;
        }
    }

    /** {@link #load(Path, EngineOptions)} with defaults. */
    public static ChatModel load(Path path) {
        return load(path, EngineOptions.DEFAULT);
    }

    /** What computes. */
    public Engine engine() {
        return engine;
    }

    /** What turns messages into tokens and back. */
    public ChatFormat format() {
        return format;
    }

    /** A new, empty conversation. Whoever opens it closes it. */
    public Conversation newConversation() {
        return new Conversation(format, engine.newSession());
    }

    /**
     * A conversation that {@link Conversation#save} wrote, with its messages and caches. Whoever opens it closes it.
     *
     * @throws org.sluice.error.CheckpointException where the file is damaged, cut, was saved by another model, or holds a
     *     session without messages
     */
    public Conversation restoreConversation(Path file) {
        Conversation c = new Conversation(format, engine.restoreSession(file));
        try {
            c.restore(file, defaults());
            return c;
        } catch (RuntimeException | Error e) {
            c.close();
            throw e;
        }
    }

    /** What the checkpoint recommends, with a seed of its own. */
    public ReplyOptions defaults() {
        GenerationDefaults d = format.defaults();
        SamplerOptions sampler = new SamplerOptions(
                d.temperature().orElse(1),
                d.topK().orElse(0),
                d.topP().orElse(1),
                0,
                d.repetitionPenalty().orElse(1),
                new SplittableRandom().nextLong());
        return new ReplyOptions(
                PromptOptions.defaults(), List.of(), sampler, DEFAULT_MAX_TOKENS, List.of(), OptionalInt.empty());
    }

    /** Closes engine and tokenizer; fails and says so while conversations are open. */
    @Override
    public void close() {
        engine.close();
        format.close();
    }
}
