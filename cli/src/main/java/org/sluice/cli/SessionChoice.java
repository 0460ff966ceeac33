package org.sluice.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.EngineOptions;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.Role;
import org.sluice.decode.Session;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;
import picocli.CommandLine.Option;

/** A file in which a conversation lasts from one call to the next. */
final class SessionChoice {
    @Option(
            names = "--session",
            paramLabel = "FILE",
            description =
                    "Go on with the conversation in this file, if it is there, and keep it there in the end: messages and"
                            + " caches, so that nothing is computed again.")
    private @Nullable Path file;

    /** Looks at everything that can be wrong without a model: a conversation must not be lost at its end. */
    void check() {
        if (file == null) {
            return;
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(file)) {
            throw new InvalidRequestException(file + " is a directory; --session names a file in one");
        }
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new InvalidRequestException("the session cannot be kept in " + file + ": " + folder
                    + " is no directory that can be written to; create it or name another file");
        }
    }

    /** These options with caches as the file has them. */
    EngineOptions engine(EngineOptions options, Optional<CacheType> asked) {
        Path from = resumed();
        if (from == null) {
            return options;
        }
        CacheType saved = Session.cachesOf(from);
        if (asked.isPresent() && asked.get() != saved) {
            throw new InvalidRequestException(from + " holds caches of type " + saved + ", --cache asks for "
                    + asked.get() + "; leave --cache out or name another file");
        }
        return options.withCaches(saved);
    }

    /**
     * The conversation in the file, or a new one.
     *
     * @param opening what a new one begins with, and an old one must have begun with
     */
    Conversation open(ChatModel chat, List<Message> opening) {
        Path from = resumed();
        if (from == null) {
            return chat.newConversation().addAll(opening);
        }
        Conversation talk = chat.restoreConversation(from);
        if (!opening.isEmpty() && !opening.equals(opening(talk))) {
            talk.close();
            throw new InvalidRequestException("--system differs from what the conversation in " + from
                    + " began with; leave it out or name another file");
        }
        return talk;
    }

    /** What stands before the first message of a user. */
    static List<Message> opening(Conversation talk) {
        return talk.messages().stream().takeWhile(m -> m.role() == Role.SYSTEM).toList();
    }

    /** Keeps the conversation where a file was named. */
    void save(Conversation talk) {
        if (file != null) {
            talk.save(file);
        }
    }

    /** What the user calls the file. */
    String name() {
        return String.valueOf(file);
    }

    /** Whether there was a conversation when the command began. */
    boolean resumes() {
        return resumed() != null;
    }

    private @Nullable Path resumed() {
        return file != null && Files.exists(file) ? file : null;
    }
}
