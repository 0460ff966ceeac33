package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.checkpoint.SafetensorsFile;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.BlockDecoder;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;

/** Blocks of every type that others made: their values bit for bit, and products with them on every device. */
@Tag("fixtures")
class QuantFixtureTest {
    private static final String BLOCKS = ".blocks";

    private static SafetensorsFile open() {
        return SafetensorsFile.open(Fixtures.path("quant/blocks.safetensors"));
    }

    private static List<DType> types(SafetensorsFile file) {
        return file.tensors().keySet().stream()
                .filter(n -> n.endsWith(BLOCKS))
                .map(n -> DType.valueOf(n.substring(0, n.length() - BLOCKS.length())))
                .toList();
    }

    @Test
    void valuesAreTheSameBits() {
        try (SafetensorsFile file = open()) {
            assertThat(types(file)).isNotEmpty();
            for (DType t : types(file)) {
                int[] want = file.data(t + ".values").toArray(ValueLayout.JAVA_INT_UNALIGNED);
                float[] got = new float[want.length];
                BlockDecoder.of(t).decode(file.data(t + BLOCKS), 0, got.length, got, 0);
                for (int i = 0; i < want.length; i++) {
                    assertThat(Float.floatToRawIntBits(got[i])).as(t + " " + i).isEqualTo(want[i]);
                }
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> productsAgreeOnEveryDevice() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String selector : Devices.present()) {
            for (Arithmetic a : Arithmetic.values()) {
                tests.add(DynamicTest.dynamicTest(selector + " " + a, () -> products(selector, a)));
            }
        }
        return tests.stream();
    }

    private static void products(String selector, Arithmetic arithmetic) {
        DeviceOptions options = DeviceOptions.of(selector).withThreads(2).withExact(arithmetic == Arithmetic.EXACT);
        Gen gen = new Gen("QuantFixture");
        try (SafetensorsFile file = open();
                Device device = Backends.open(options)) {
            for (DType t : types(file)) {
                Weight w = weight(file, t);
                for (List<Action> layout : List.of(Layouts.one(), Layouts.few(gen))) {
                    OpCase c = MatmulCases.product(gen, w, layout);
                    OpCaseTest.compare(c, OpCaseTest.reference(c), device, arithmetic);
                }
            }
        }
    }

    /** All blocks as one matrix, as many rows as there are in the file. */
    private static Weight weight(SafetensorsFile file, DType t) {
        long rows =
                Objects.requireNonNull(file.tensors().get(t + BLOCKS)).extents().getFirst();
        long bytes = file.data(t + BLOCKS).byteSize();
        long columns = bytes / rows / t.blockBytes() * t.blockElements();
        return Weight.of(t.toString(), t, Shape.of(rows, columns), file.data(t + BLOCKS));
    }
}
