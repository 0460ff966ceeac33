package org.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
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
import org.sluice.cli.bench.PlainRead;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.RandomBlocks;

/**
 * Products of matrices of 6144 × 2048 with a few rows, by weight type, beside a plain read of the same bytes with the same
 * threads. Several matrices in turn, so that none is found in a cache; a call goes through all of them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class MatmulBenchmark {
    private static final int OUT = 6144;
    private static final int IN = 2048;

    /** Selector of the device. */
    @Param("cpu")
    public String backend;

    /** Weight type. */
    @Param({"Q8_0", "Q4_K", "Q6_K", "Q2_K", "IQ4_XS", "IQ3_XXS", "IQ2_XXS", "BF16", "F8_E4M3"})
    public DType type;

    /** Rows of the other operand: 1 is a decode step, many are a prefill. */
    @Param("1")
    public int rows;

    /** Matrices. */
    @Param("16")
    public int matrices;

    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> bytes = new ArrayList<>();
    private Device device;
    private Program program;
    private Sequence sequence;
    private Step step;
    private PlainRead plain;
    private double gigabytes;

    /** Random weights of the type, and a graph of all products. */
    @Setup
    public void open() {
        GraphBuilder g = new GraphBuilder();
        Value x = g.input("x", TensorSpec.f32(Shape.ROWS, IN));
        RandomBlocks blocks = RandomBlocks.of(type, 0.02);
        for (int i = 0; i < matrices; i++) {
            MemorySegment data = arena.allocate(type.bytes((long) OUT * IN), 64);
            blocks.fill(data, i);
            bytes.add(data);
            Value y = g.matmul(Weight.of("w" + i, type, Shape.of(OUT, IN), data), x);
            if (i == matrices - 1) {
                g.output("y", y);
            }
        }
        gigabytes = bytes.stream().mapToLong(MemorySegment::byteSize).sum() / 1e9;
        DeviceOptions options = DeviceOptions.of(backend);
        device = Backends.open(options);
        program = device.compile(g.build(), new ProgramOptions(rows, 1, rows));
        sequence = program.newSequence();
        step = new Step(rows);
        MemorySegment in = program.input("x");
        Random random = new Random(1);
        for (long i = 0; i < (long) rows * IN; i++) {
            in.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        plain = new PlainRead(Runtime.getRuntime().availableProcessors());
    }

    /** The products. */
    @Benchmark
    public float product(Rate rate) {
        sequence.truncate(0);
        step.clear().add(sequence, rows);
        program.run(step);
        rate.gigabytes += gigabytes;
        rate.tokens += rows;
        return program.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, 0);
    }

    /** The same bytes, only read. */
    @Benchmark
    public long plainRead(Rate rate) {
        long nanos = plain.nanos(bytes);
        rate.gigabytes += gigabytes;
        return nanos + plain.sink();
    }

    /** Gives everything back. */
    @TearDown
    public void close() {
        plain.close();
        sequence.close();
        program.close();
        device.close();
        arena.close();
    }
}
