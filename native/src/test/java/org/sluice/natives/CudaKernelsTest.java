package org.sluice.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What can be held about the CUDA kernels without a GPU. What has passed with the same sources is not built again. */
class CudaKernelsTest {
    /** The folder of this module, from where Maven or something else runs tests. */
    private static final Path MODULE = Files.exists(Path.of("cuda/build.sh")) ? Path.of("") : Path.of("native");

    @Test
    void thePtxIsThatOfTheSources() throws IOException, InterruptedException {
        assertThat(run("build.sh", "verify", "target/cuda")).contains("is that of the sources");
    }

    @Test
    void noKernelSpillsRegisters() throws IOException, InterruptedException {
        assertThat(run("build.sh", "spills", "target/cuda")).contains("without spills");
    }

    @Test
    void kernelsThatOnlyCudaHasAreRightUnderAddressSanitizer() throws IOException, InterruptedException {
        assertThat(run("emulator/build.sh", "target/cuda-tests", "test"))
                .containsAnyOf("passed with threads from the last on", "up to date");
    }

    /** Output of a script that must succeed, or a skipped test where it says that it lacks a compiler. */
    private static String run(String script, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", "cuda/" + script);
        builder.command().addAll(List.of(arguments));
        Process process = builder.directory(MODULE.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        Assumptions.assumeFalse(output.contains("skipped") || output.contains("left out"), output.strip());
        return output;
    }
}
