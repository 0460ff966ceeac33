package org.sluice.cli;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.sluice.error.InvalidRequestException;

/**
 * The streams a command talks to, always UTF-8, and whether a person sits at their other end.
 *
 * @param colours whether escape sequences may be written to {@code out}
 */
record Io(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean inTerminal,
        boolean outTerminal,
        boolean errTerminal,
        boolean colours) {
    /** Which of the descriptors 0, 1 and 2 are terminals, as the launcher saw it: Java cannot ask for one alone. */
    private static final String TERMINALS = "sluice.terminals";

    /** Everything below a space but line feed and tab, and the C1 controls: a model must not steer the terminal. */
    private static final Pattern CONTROLS = Pattern.compile("[\\x00-\\x08\\x0B-\\x1F\\x7F-\\x9F]");

    /** Somebody closed the other end of the output, such as {@code head}; there is nobody to tell anything. */
    static final class BrokenPipeException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** The streams of this process. */
    static Io system() {
        String all = System.getProperty(TERMINALS);
        if (all == null) {
            all = System.console() != null && System.console().isTerminal() ? "012" : "";
        }
        String noColour = System.getenv("NO_COLOR");
        boolean colours =
                all.contains("1") && (noColour == null || noColour.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
        return new Io(
                System.in,
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
                StandardError.open(),
                all.contains("0"),
                all.contains("1"),
                all.contains("2"),
                colours);
    }

    /** Writes text as it is and sees to it that it arrives. */
    void print(String text) {
        out.print(text);
        // checkError flushes, and is the only way to learn of a broken pipe
        if (out.checkError()) {
            throw new BrokenPipeException();
        }
    }

    /** {@link #print} with an end of line. */
    void println(String text) {
        print(text + "\n");
    }

    /** Text of a model: on a terminal without control characters. */
    String harmless(String text) {
        return outTerminal ? CONTROLS.matcher(text).replaceAll("\uFFFD") : text;
    }

    /** Text in faint letters where colours are allowed. */
    String dim(String text) {
        return colours ? "\u001B[2m" + text + "\u001B[22m" : text;
    }

    /** Text in bold letters where colours are allowed. */
    String bold(String text) {
        return colours ? "\u001B[1m" + text + "\u001B[22m" : text;
    }

    /** All of the standard input as text, without the last end of line. */
    String readAll() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            in.transferTo(bytes);
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
            return text.endsWith("\n") ? text.substring(0, text.length() - (text.endsWith("\r\n") ? 2 : 1)) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidRequestException("the standard input is not valid UTF-8; convert it first", e);
        } catch (IOException e) {
            throw new InvalidRequestException("the standard input cannot be read: " + e.getMessage(), e);
        }
    }
}
