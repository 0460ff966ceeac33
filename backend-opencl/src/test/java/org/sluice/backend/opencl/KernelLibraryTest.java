package org.sluice.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jocl.CL;
import org.jocl.cl_kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.support.kernels.Call;
import org.sluice.error.BackendException;

/** Programs from the compiler, from the cache on disk, and from neither. */
class KernelLibraryTest {
    private static final String COPY =
            "__kernel void copy(__global const int *x, __global int *y) { y[get_global_id(0)] = x[get_global_id(0)]; }";

    @TempDir
    private Path folder;

    /** Compiles and tells how many programs the compiler was needed for. */
    private int compiled(OpenClDevice device, String source) {
        try (KernelLibrary library =
                new KernelLibrary(device.context(), device.info(), new ProgramCache(folder), f -> source)) {
            cl_kernel kernel = library.kernel(new Call.Build("copy.cl", List.of()), "copy");
            CL.clReleaseKernel(kernel);
            return library.compiled();
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }

    @Test
    void compilesOnce() throws IOException {
        try (OpenClDevice device = Anywhere.device()) {
            assertThat(compiled(device, COPY)).isEqualTo(1);
            assertThat(files()).hasSize(1);
            assertThat(compiled(device, COPY)).isZero();
            assertThat(compiled(device, COPY + "\n")).as("another source").isEqualTo(1);
            assertThat(files()).hasSize(2);
        }
    }

    @Test
    void damagedFilesAreCompiledAgain() throws IOException {
        try (OpenClDevice device = Anywhere.device()) {
            assertThat(compiled(device, COPY)).isEqualTo(1);
            Path file = files().getFirst();
            byte[] good = Files.readAllBytes(file);
            for (byte[] bad : List.of(new byte[0], java.util.Arrays.copyOf(good, good.length / 2), flipped(good))) {
                Files.write(file, bad);
                assertThat(compiled(device, COPY)).isEqualTo(1);
                assertThat(compiled(device, COPY)).as("after it was repaired").isZero();
            }
        }
    }

    private static byte[] flipped(byte[] good) {
        byte[] bad = good.clone();
        bad[bad.length - 7] ^= 1;
        return bad;
    }

    @Test
    void binariesTheDriverRefusesAreCompiledAgain() throws IOException {
        try (OpenClDevice device = Anywhere.device()) {
            assertThat(compiled(device, COPY)).isEqualTo(1);
            String name = files().getFirst().getFileName().toString();
            new ProgramCache(folder)
                    .store(
                            name.replace(".bin", ""),
                            "from another driver".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(compiled(device, COPY)).isEqualTo(1);
            assertThat(compiled(device, COPY)).isZero();
        }
    }

    @Test
    void aFolderThatCannotBeWrittenCostsTimeOnly() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        try (OpenClDevice device = Anywhere.device();
                KernelLibrary library = new KernelLibrary(
                        device.context(), device.info(), new ProgramCache(file.resolve("below")), f -> COPY)) {
            CL.clReleaseKernel(library.kernel(new Call.Build("copy.cl", List.of()), "copy"));
            assertThat(library.compiled()).isEqualTo(1);
        }
    }

    @Test
    void aRefusedSourceGivesOneLineAndALog() throws IOException {
        try (OpenClDevice device = Anywhere.device()) {
            assertThatThrownBy(() -> compiled(device, COPY.replace("int *y", "rubbish *y")))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining(device.info().name())
                    .hasMessageContaining("copy.cl")
                    .hasMessageContaining(folder.resolve("copy.cl.log").toString())
                    .hasMessageNotContaining("\n");
            assertThat(Files.readString(folder.resolve("copy.cl.log")))
                    .contains("rubbish")
                    .contains("-DGROUP=")
                    .contains(device.info().name());
        }
    }

    @Test
    void theNextProcessCompilesNothing() {
        try (OpenClDevice first = new OpenClDevice(Anywhere.found(), DeviceOptions.of("opencl"))) {
            CL.clReleaseKernel(first.kernels().kernel(new Call.Build("rows.cl", List.of()), "add_rows"));
        }
        try (OpenClDevice second = new OpenClDevice(Anywhere.found(), DeviceOptions.of("opencl"))) {
            CL.clReleaseKernel(second.kernels().kernel(new Call.Build("rows.cl", List.of()), "add_rows"));
            assertThat(second.kernels().compiled()).isZero();
        }
    }
}
