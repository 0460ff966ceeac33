package org.sluice.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Conversations from a pipe; a terminal differs in where lines come from. */
class ChatCommandTest {
    private static Cli chat(String lines, String... more) {
        String[] first = {"chat", "--model", Cli.DEMO, "--temperature", "0"};
        String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return Cli.run(lines.getBytes(UTF_8), all);
    }

    @Test
    void answersEachLineAndTellsHowFast() {
        Cli run = chat("Compute 75 - 65.\n\nCompute 20 + 22.\n");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("[thinking] ", "[answer] 75 - 65 = 10.", "42.");
        assertThat(run.outLines().stream().filter(l -> l.contains("first token after")))
                .hasSize(2)
                .allMatch(l -> l.contains("tokens/s"));
        // the second prompt begins as the first: its caches are used again
        assertThat(run.out()).contains(" kept)");
    }

    @Test
    void obeysItsCommands() {
        Cli run = chat("/help\n/nonsense\nCompute 75 - 65.\n/reset\nCompute 75 - 65.\n/quit\nCompute 1 + 1.\n");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("/reset", "there is no /nonsense", "forgotten")
                .doesNotContain("1 + 1");
        assertThat(run.outLines().stream().filter(l -> l.equals("[answer] 75 - 65 = 10.")))
                .hasSize(2);
    }

    @Test
    void endsWithTheInput() {
        assertThat(chat("").code()).isZero();
    }

    @Test
    void refusesBytesThatAreNoText() {
        Cli run = Cli.run(new byte[] {(byte) 0xFF, '\n'}, "chat", "--model", Cli.DEMO);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("not valid UTF-8");
    }
}
