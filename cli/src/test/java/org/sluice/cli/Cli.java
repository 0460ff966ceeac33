package org.sluice.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs the command inside the test's process. */
record Cli(int code, String out, String err) {
    /** The repository's demonstration model. */
    static final String DEMO = demo();

    /** With pipes at all ends and nothing on the standard input. */
    static Cli run(String... args) {
        return run(new byte[0], args);
    }

    static Cli run(byte[] input, String... args) {
        return run(input, false, args);
    }

    /** @param inTerminal whether the standard input claims to be a terminal */
    static Cli run(byte[] input, boolean inTerminal, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Io io = new Io(new ByteArrayInputStream(input), print(out), print(err), inTerminal, false, false, false);
        int code = Main.run(io, args);
        return new Cli(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static PrintStream print(OutputStream to) {
        return new PrintStream(to, false, StandardCharsets.UTF_8);
    }

    List<String> outLines() {
        return out.lines().toList();
    }

    private static String demo() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.exists(p.resolve("mvnw"))) {
                return p.resolve("models/demo").toString();
            }
        }
        throw new IllegalStateException("not inside the repository");
    }
}
