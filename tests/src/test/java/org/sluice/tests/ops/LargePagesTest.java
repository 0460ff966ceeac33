package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/** Large pages are asked for behind mapped weights, as the system itself tells, and only for files that are worth it. */
class LargePagesTest {
    private static final int WIDTH = 1024;
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    /** How Linux marks a mapping with this advice. */
    private static final String ADVISED = " hg";

    private static final Pattern MAPPING = Pattern.compile("[0-9a-f]+-[0-9a-f]+ ");

    @Test
    void largeFilesAskForThem(@TempDir Path folder) throws IOException {
        assertThat(flags(folder.resolve("large.weights"), 40_000)).anyMatch(f -> f.contains(ADVISED));
    }

    @Test
    void smallFilesDoNot(@TempDir Path folder) throws IOException {
        assertThat(flags(folder.resolve("small.weights"), 1_000)).isNotEmpty().noneMatch(f -> f.contains(ADVISED));
    }

    /** Flags of the mappings of a file with a matrix of so many rows, while a program with it is open. */
    private static List<String> flags(Path path, int rows) throws IOException {
        Assumptions.assumeTrue(
                Files.isReadable(MAPPINGS) && Files.isDirectory(Path.of("/sys/kernel/mm/transparent_hugepage")),
                "no Linux with large pages");
        // a hole: takes no room on the disk
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
                Arena arena = Arena.ofConfined();
                Device device = Backends.open("cpu")) {
            file.setLength(2L * rows * WIDTH + 100);
            MemorySegment bytes = file.getChannel().map(MapMode.READ_ONLY, 100, 2L * rows * WIDTH, arena);
            GraphBuilder g = new GraphBuilder();
            Value x = g.input("x", TensorSpec.f32(Shape.ROWS, WIDTH));
            g.output("y", g.matmul(Weight.of("w", DType.BF16, Shape.of(rows, WIDTH), bytes), x));
            try (Program program = device.compile(g.build(), new ProgramOptions(1, 1, 1))) {
                assertThat(program.input("x")).isNotNull();
                return flags(path);
            }
        }
    }

    private static List<String> flags(Path path) throws IOException {
        List<String> flags = new ArrayList<>();
        boolean ours = false;
        for (String line : Files.readAllLines(MAPPINGS)) {
            if (MAPPING.matcher(line).lookingAt()) {
                ours = line.endsWith(path.toString());
            } else if (ours && line.startsWith("VmFlags:")) {
                flags.add(line);
            }
        }
        return flags;
    }
}
