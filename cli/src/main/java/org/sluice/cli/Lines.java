package org.sluice.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/** Where a conversation's lines come from: a person at a terminal, or a pipe. Whoever opens it closes it. */
interface Lines extends AutoCloseable {
    /** Ctrl-C at an empty prompt. */
    String INTERRUPTED = "\u0003";

    /** The next line, {@link #INTERRUPTED}, or null at the end. */
    @Nullable
    String next(String prompt);

    /** Runs {@code action} at every Ctrl-C from now on while no line is read. */
    void onInterrupt(Runnable action);

    @Override
    void close();

    /** Lines from a terminal where there is one at both ends. */
    static Lines of(Io io) {
        return io.inTerminal() && io.outTerminal() ? new Person(io) : new Piped(io);
    }

    /** With history, editing and pasted text of several lines. */
    final class Person implements Lines {
        private final Terminal terminal;
        private final LineReader reader;
        private final boolean colours;

        Person(Io io) {
            colours = io.colours();
            try {
                terminal = TerminalBuilder.builder().name("sluice").build();
            } catch (IOException e) {
                throw new UnsupportedException("the terminal cannot be used: " + e.getMessage(), e);
            }
            reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    // "!" is a word of the user's, not a search in the history
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .option(LineReader.Option.BRACKETED_PASTE, true)
                    .build();
        }

        @Override
        public @Nullable String next(String prompt) {
            try {
                return reader.readLine(colours ? "\u001B[1m" + prompt + "\u001B[0m" : prompt);
            } catch (UserInterruptException e) {
                return e.getPartialLine().isEmpty() ? INTERRUPTED : "";
            } catch (EndOfFileException e) {
                return null;
            }
        }

        @Override
        public void onInterrupt(Runnable action) {
            var _ = terminal.handle(Terminal.Signal.INT, signal -> action.run());
        }

        @Override
        public void close() {
            try {
                terminal.close();
            } catch (IOException e) {
                throw new UnsupportedException("the terminal cannot be given back: " + e.getMessage(), e);
            }
        }
    }

    /** One message a line. */
    final class Piped implements Lines {
        private final BufferedReader reader;

        Piped(Io io) {
            reader = new BufferedReader(new InputStreamReader(io.in(), StandardCharsets.UTF_8.newDecoder()));
        }

        @Override
        public @Nullable String next(String prompt) {
            try {
                return reader.readLine();
            } catch (CharacterCodingException e) {
                throw new InvalidRequestException("the standard input is not valid UTF-8; convert it first", e);
            } catch (IOException e) {
                throw new InvalidRequestException("the standard input cannot be read: " + e.getMessage(), e);
            }
        }

        @Override
        public void onInterrupt(Runnable action) {
            // Ctrl-C ends a pipeline as it ends every other one
        }

        @Override
        public void close() {
            // the standard input is not ours to close
        }
    }
}
