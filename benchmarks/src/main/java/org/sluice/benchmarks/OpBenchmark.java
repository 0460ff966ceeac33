package org.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.tensor.DType;

/**
 * Every operation, on any backend: the time of one, measured over steps that run it several times. What a step costs beside
 * its operations is shared by the copies; uploads of inputs are part of it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class OpBenchmark {
    private static final int COPIES = 16;

    /** Selector of the device. */
    @Param("cpu")
    public String backend;

    /** Class of the operation. */
    @Param({
        "Add",
        "AppendIndexKey",
        "AppendLatent",
        "ApplyRope",
        "ArgMax",
        "Concat",
        "Embed",
        "ExpertFeedForward",
        "GatherRows",
        "HeadMatmul",
        "IndexScores",
        "LatentAttention",
        "LayerNorm",
        "Matmul",
        "RmsNorm",
        "RouteExperts",
        "SelectTopK",
        "SwiGlu",
        "TopLogits"
    })
    public String op;

    /** Token rows: 1 is a decode step, many are a prefill. */
    @Param("1")
    public int rows;

    /** Tokens in the cache before. */
    @Param("1024")
    public int depth;

    /** Type of matrices. */
    @Param("BF16")
    public DType type;

    private final Arena arena = Arena.ofShared();
    private Device device;
    private Program program;
    private Sequence sequence;
    private Step step;

    /** A graph of the operation, and a sequence of that depth. */
    @Setup
    public void open() {
        Graph graph = OpGraphs.of(op, type, COPIES, arena);
        device = Backends.open(DeviceOptions.of(backend));
        int most = Math.max(rows, 256);
        program = device.compile(graph, new ProgramOptions(most, 1, depth + most));
        sequence = program.newSequence();
        step = new Step(most);
        OpGraphs.fill(graph, program, most);
        while (sequence.length() < depth) {
            run(Math.min(most, depth - sequence.length()));
        }
    }

    private void run(int n) {
        step.clear().add(sequence, n);
        step.want(n - 1);
        program.run(step);
    }

    /** One operation. */
    @Benchmark
    @OperationsPerInvocation(COPIES)
    public int once() {
        sequence.truncate(depth);
        run(rows);
        return sequence.length();
    }

    /** Gives everything back. */
    @TearDown
    public void close() {
        sequence.close();
        program.close();
        device.close();
        arena.close();
    }
}
