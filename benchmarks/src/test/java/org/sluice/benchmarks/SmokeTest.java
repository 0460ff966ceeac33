package org.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;
import org.sluice.graph.Op;

/** Every benchmark runs, once, on small parameters. */
class SmokeTest {
    private static final List<Class<?>> ALL =
            List.of(MatmulBenchmark.class, OpBenchmark.class, DecodeStepBenchmark.class, PrefillBenchmark.class);

    /** All backends, by a selector that is there, if there is one. */
    private static String[] backends() {
        List<String> found = Backends.list().stream()
                .filter(DeviceListing.Found.class::isInstance)
                .map(DeviceListing::selector)
                .filter(s -> !s.equals("cpu:reference"))
                .toList();
        return found.toArray(String[]::new);
    }

    @Test
    void everyOperationIsMeasured() throws NoSuchFieldException {
        Set<String> operations = Stream.of(Op.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> measured = new TreeSet<>(List.of(
                OpBenchmark.class.getField("op").getAnnotation(Param.class).value()));
        assertThat(measured).isEqualTo(operations);
    }

    @Test
    void runsEveryBenchmark() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .forks(0)
                        .mode(Mode.SingleShotTime)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .param("backend", backends())
                        .param("type", "Q4_K", "BF16")
                        .param("matrices", "2")
                        .param("depth", "16")
                        .param("prompt", "32")
                        .build())
                .run();
        Set<String> ran =
                results.stream().map(r -> r.getParams().getBenchmark()).collect(Collectors.toCollection(TreeSet::new));
        Set<String> written = ALL.stream()
                .flatMap(c -> Stream.of(c.getMethods())
                        .filter(m -> m.isAnnotationPresent(Benchmark.class))
                        .map(m -> c.getName() + "." + m.getName()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(ran).isEqualTo(written).hasSize(5);
        assertThat(results)
                .allSatisfy(r -> assertThat(r.getPrimaryResult().getScore()).isPositive());
    }
}
