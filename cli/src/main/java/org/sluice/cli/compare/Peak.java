package org.sluice.cli.compare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * What a device does at best, measured with products of one large matrix: read with one row, computed with many. That needs
 * nothing but what every device can do, and so means the same on all of them.
 *
 * @param bytesPerSecond with one row
 * @param flopsPerSecond with many
 */
public record Peak(double bytesPerSecond, double flopsPerSecond) {
    /** Bytes in BF16: 96 MiB, more than a cache holds. */
    private static final int COLUMNS = 6144;

    private static final int ROWS = 8192;
    private static final int MANY = 64;
    private static final long ENOUGH_NANOS = 400_000_000;
    private static final int MOST = 20;

    static Peak measure(DeviceOptions options) {
        try (Arena arena = Arena.ofShared();
                Device device = Backends.open(options)) {
            // zeros take as long as anything else
            MemorySegment data = arena.allocate(2L * ROWS * COLUMNS, 64);
            GraphBuilder b = new GraphBuilder();
            Weight w = Weight.of("peak", DType.BF16, Shape.of(ROWS, COLUMNS), data);
            b.output("y", b.matmul(w, b.input("x", TensorSpec.f32(Shape.ROWS, COLUMNS))));
            Graph graph = b.build();
            try (Program program = device.compile(graph, new ProgramOptions(MANY, 1, MANY))) {
                double one = fastest(program, 1);
                double many = fastest(program, MANY);
                return new Peak(w.bytes() / one, 2.0 * MANY * ROWS * COLUMNS / many);
            }
        }
    }

    /** Seconds of the fastest of some steps. */
    private static double fastest(Program program, int rows) {
        Step step = new Step(rows);
        long best = Long.MAX_VALUE;
        long begun = System.nanoTime();
        for (int i = 0; i < MOST && (i < 2 || System.nanoTime() - begun < ENOUGH_NANOS); i++) {
            try (Sequence s = program.newSequence()) {
                step.clear().add(s, rows);
                long start = System.nanoTime();
                program.run(step);
                best = Math.min(best, System.nanoTime() - start);
            }
        }
        return best / 1e9;
    }

    Map<String, Object> toMap() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("bytes_per_second", bytesPerSecond);
        m.put("flops_per_second", flopsPerSecond);
        return m;
    }
}
