package org.sluice.tests.peer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.sluice.tests.Fixtures;
import org.sluice.tests.chat.JsonFiles;
import tools.jackson.databind.json.JsonMapper;

/**
 * A current llama.cpp, as the npm package node-llama-cpp ships it ready built. It is installed once below the module's
 * target folder, without install scripts, so that nothing but the packages themselves is fetched.
 */
final class LlamaCpp {
    private static final String VERSION = "3.22.1";
    private static final long INSTALL_SECONDS = 100;
    private static final long RUN_SECONDS = 300;

    /**
     * A prompt.
     *
     * @param text what the prompt's tokens are made from, to be compared with the peer's own tokenizer; may be empty
     */
    record Prompt(int[] tokens, int most, int[] stop, String text) {}

    /** What came out. */
    record Answer(int[] tokens, int[] encoded) {}

    private final Path folder;

    private LlamaCpp(Path folder) {
        this.folder = folder;
    }

    /** Installs the package where that was not done before; without npm or a network the test is skipped and says so. */
    static LlamaCpp installed() throws IOException, InterruptedException {
        Path folder = Fixtures.repository().resolve("tests/target/peer/node-llama-cpp-" + VERSION);
        Path marker = folder.resolve("complete");
        if (!Files.exists(marker)) {
            Files.createDirectories(folder);
            assumeTrue(
                    canRun(folder, "npm", "--version"), "npm is not there: the comparison with llama.cpp is skipped");
            Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
            String binary = "@node-llama-cpp/" + platform() + "@" + VERSION;
            // without optional packages only the binary for this machine's CPU is fetched
            boolean done = run(
                            folder,
                            INSTALL_SECONDS,
                            "npm",
                            "install",
                            "--ignore-scripts",
                            "--omit=optional",
                            "--no-audit",
                            "--no-fund",
                            "node-llama-cpp@" + VERSION,
                            binary)
                    == 0;
            assumeTrue(
                    done,
                    "npm cannot install node-llama-cpp (is there a network?): the comparison with llama.cpp is skipped");
            Files.createFile(marker);
        }
        assumeTrue(canRun(folder, "node", "--version"), "node is not there: the comparison with llama.cpp is skipped");
        return new LlamaCpp(folder);
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        if (os.contains("mac")) {
            return arm ? "mac-arm64-metal" : "mac-x64";
        }
        return (os.contains("win") ? "win" : "linux") + (arm ? "-arm64" : "-x64");
    }

    /** Continues prompts greedily. */
    List<Answer> greedy(Path model, List<Prompt> prompts) throws IOException, InterruptedException {
        List<Map<String, Object>> cases = new ArrayList<>();
        for (Prompt p : prompts) {
            Map<String, Object> c = new LinkedHashMap<>();
            c.put("tokens", p.tokens());
            c.put("most", p.most());
            c.put("stop", p.stop());
            if (!p.text().isEmpty()) {
                c.put("text", p.text());
            }
            cases.add(c);
        }
        Path in = Files.createTempFile("sluice-peer", ".json");
        Path out = Files.createTempFile("sluice-peer", ".json");
        try {
            Files.writeString(in, JsonMapper.shared().writeValueAsString(cases));
            Path script = Fixtures.repository().resolve("tests/src/test/peer/greedy.mjs");
            int code = run(
                    folder, RUN_SECONDS, "node", script.toString(), model.toString(), in.toString(), out.toString());
            if (code != 0) {
                throw new AssertionError("llama.cpp ends with " + code + " over " + model + ":\n"
                        + Files.readString(folder.resolve("output.log")));
            }
            return JsonFiles.objects(JsonFiles.read(out)).stream()
                    .map(r -> new Answer(
                            JsonFiles.ids(r.get("tokens")),
                            r.get("encoded") == null ? new int[0] : JsonFiles.ids(r.get("encoded"))))
                    .toList();
        } finally {
            Files.delete(in);
            Files.delete(out);
        }
    }

    private static boolean canRun(Path folder, String... command) throws InterruptedException {
        try {
            return run(folder, 20, command) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static int run(Path folder, long seconds, String... command) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.log").toFile())
                .start();
        if (!p.waitFor(seconds, TimeUnit.SECONDS)) {
            p.destroyForcibly();
            return -1;
        }
        return p.exitValue();
    }
}
