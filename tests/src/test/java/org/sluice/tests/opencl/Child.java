package org.sluice.tests.opencl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A Java process with the class path of the tests: OpenCL drivers read the environment when they are loaded.
 *
 * @param code exit status
 * @param out standard output
 * @param err standard error without what Java itself says about the Vector API
 */
record Child(int code, String out, String err) {
    private static final long MINUTES = 10;

    static Child run(Map<String, String> environment, List<String> flags, String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dsluice.cache=" + System.getProperty("sluice.cache", "target/cache")));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        try {
            Path out = Files.createTempFile("child", ".out");
            Path err = Files.createTempFile("child", ".err");
            ProcessBuilder b =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            b.environment().putAll(environment);
            Process p = b.start();
            p.getOutputStream().close();
            if (!p.waitFor(MINUTES, TimeUnit.MINUTES)) {
                p.destroyForcibly();
                throw new AssertionError(command + " takes more than " + MINUTES + " minutes");
            }
            Child done = new Child(p.exitValue(), Files.readString(out), ours(Files.readString(err)));
            Files.delete(out);
            Files.delete(err);
            return done;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String ours(String err) {
        return err.lines()
                .filter(l -> !l.equals("WARNING: Using incubator modules: jdk.incubator.vector"))
                .collect(Collectors.joining("\n"));
    }
}
