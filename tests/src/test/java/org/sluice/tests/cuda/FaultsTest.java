package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.ProgramOptions;
import org.sluice.error.BackendException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.Graph;
import org.sluice.model.GraphOptions;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Emulator;
import org.sluice.tests.Fixtures;

/**
 * Devices that are absent, unfit, full or lost: clear errors with numbers, everything freed, and the process goes on with another
 * backend, and with the same one once it is well again.
 */
@ExtendWith(Emulated.class)
class FaultsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DEVICES    | 0        | the NVIDIA driver finds no device",
                "INIT_FAILS | 803      | the NVIDIA driver does not start: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803",
                "DRIVER     | 11040    | its driver is one for CUDA 11.4, the kernels need CUDA 12.0",
                "CC         | 75       | its compute capability is 7.5, the kernels need 8.0",
                "MEMORY     | 33554432 | it has 32.0 MiB of memory, 64.0 MiB are needed"
            })
    void anUnfitDeviceIsListedWithItsReason(String key, long value, String reason) {
        Emulator.set(key, value);
        assertThat(Backends.list())
                .filteredOn(d -> d.selector().startsWith("cuda"))
                .singleElement()
                .isInstanceOfSatisfying(
                        DeviceListing.Missing.class, m -> assertThat(m.reason()).contains(reason));
        assertThatThrownBy(() -> Backends.open("cuda"))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining(reason);
        Emulated.reset();
        Backends.open("cuda").close();
    }

    @Test
    void theDeviceIsNamedAsEmulated() {
        assertThat(Backends.list())
                .filteredOn(d -> d.selector().equals("cuda:0"))
                .singleElement()
                .isInstanceOfSatisfying(
                        DeviceListing.Found.class,
                        f -> assertThat(f.description()).contains("emulated"));
    }

    @Test
    void aDeviceThatIsNotThereIsRefusedWithThoseThatAre() {
        assertThatThrownBy(() -> Backends.open("cuda:7"))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("'cuda:7'")
                .hasMessageContaining("cuda:0");
    }

    @Test
    void anImageThatDoesNotFitIsRefused() {
        Emulator.set("REFUSE_IMAGE", 1);
        refused(() -> Emulated.demo("cuda"), BackendException.class, "the driver refused the kernels", "209");
        Emulated.reset();
        worksAgain();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 9, 40})
    void memoryThatRunsOutInTheMiddleOfAnUploadIsGivenBack(int allocation) {
        Emulator.set("FAIL_ALLOC", allocation);
        refused(() -> Emulated.demo("cuda"), MemoryLimitException.class, "the GPU has no ", " are free", "close other");
        Emulated.reset();
        Backends.open("cuda").close();
    }

    @Test
    void memoryThatOthersHoldIsCounted() {
        Emulator.set("MEMORY", 64L << 20);
        try (OpenModel model = Models.open(Fixtures.demoModel());
                Device device = Backends.open("cuda")) {
            Graph graph = model.model().graph(GraphOptions.DEFAULT);
            assertThatThrownBy(() -> device.compile(graph, new ProgramOptions(1, 1, 200_000)))
                    .isInstanceOf(MemoryLimitException.class)
                    .hasMessageContaining(" are free; lower the ");
        }
        Emulated.assertAllFreed();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 50})
    void aLostDeviceEndsTheAnswerAndNothingElse(int kernel) {
        try (Engine engine = Emulated.demo("cuda")) {
            Emulator.set("LOST_AT", kernel);
            assertThatThrownBy(() -> Emulated.answer(engine))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED (719")
                    .hasMessageContaining("the device is lost");
            try (Engine other = Emulated.demo("cpu")) {
                assertThat(Emulated.answer(other)).isNotEmpty();
            }
        }
        Emulated.assertAllFreed();
        Emulated.reset();
        if (kernel == 1) {
            worksAgain();
        }
    }

    private static void refused(ThrowingCallable load, Class<? extends Throwable> error, String... parts) {
        assertThatThrownBy(load).isInstanceOf(error).message().contains(parts);
        Emulated.assertAllFreed();
    }

    /** The same answer on the device and on another backend, and nothing left behind. */
    private static void worksAgain() {
        int[] expected;
        try (Engine cpu = Emulated.demo("cpu")) {
            expected = Emulated.answer(cpu);
        }
        try (Engine cuda = Emulated.demo("cuda")) {
            assertThat(Emulated.answer(cuda)).isEqualTo(expected);
        }
        Emulated.assertAllFreed();
    }
}
