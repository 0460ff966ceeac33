package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/** Builds the case of an operation that has no state: F32 inputs, the operation, its outputs. */
final class Single {
    private final GraphBuilder builder = new GraphBuilder();
    private final String name;
    private final List<Action> layout;
    private final Map<String, BiFunction<Integer, Action.Run, Data>> inputs = new LinkedHashMap<>();
    private final List<Expect> expectations = new ArrayList<>();
    private List<Action> script = List.of();

    Single(String name, List<Action> layout) {
        this.name = name + shape(layout);
        this.layout = layout;
    }

    private static String shape(List<Action> layout) {
        List<Action.Run> runs = Layouts.runs(layout);
        return runs.size() == 1 ? " rows " + runs.getFirst().rows() : " in " + layout.size() + " steps";
    }

    GraphBuilder graph() {
        return builder;
    }

    /** Rows of F32, made from their number. */
    Value floats(String input, int width, Function<Integer, float[]> rows) {
        inputs.put(input, (i, run) -> new Data.Floats(rows.apply(run.rows())));
        return builder.input(input, TensorSpec.f32(Shape.ROWS, width));
    }

    /** Rows of I32, made from their number. */
    Value ints(String input, int width, Function<Integer, int[]> rows) {
        inputs.put(input, (i, run) -> new Data.Ints(rows.apply(run.rows())));
        return builder.input(input, TensorSpec.i32(Shape.ROWS, width));
    }

    /** An input that fits the step it is made for. */
    Value input(String input, TensorSpec spec, BiFunction<Integer, Action.Run, Data> values) {
        inputs.put(input, values);
        return builder.input(input, spec);
    }

    Single output(String output, Value v) {
        builder.output(output, v);
        return this;
    }

    Single expect(Expect e) {
        expectations.add(e);
        return this;
    }

    /** Expects {@code output} within bounds that are made row by row. */
    Single near(String output, RowBounds bounds) {
        return near(output, bounds, false);
    }

    /** The same over the rows whose result is wanted. */
    Single nearOutputs(String output, RowBounds bounds) {
        return near(output, bounds, true);
    }

    private Single near(String output, RowBounds bounds, boolean wanted) {
        return expect(Expect.near(output, (run, arithmetic) -> {
            Action.Run r = Layouts.runs(layout).get(run);
            return (wanted ? Arrays.stream(r.wanted()) : IntStream.range(0, r.rows()))
                    .mapToObj(row -> bounds.of(run, row, arithmetic))
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
        }));
    }

    /** Bounds of one row of a step. */
    interface RowBounds {
        double[] of(int run, int row, Arithmetic arithmetic);
    }

    /** What input {@code name} holds in a step. */
    Data data(String input, int run) {
        return Data.in(Layouts.runs(script).get(run).inputs(), input);
    }

    /** A row of an F32 input. */
    Products.Bounded row(String input, int width, int run, int row) {
        return Products.Bounded.exactly(data(input, run).floats(), row * width, width);
    }

    OpCase build() {
        script = Layouts.fill(layout, (i, run) -> {
            Map<String, Data> all = new LinkedHashMap<>();
            inputs.forEach((n, make) -> all.put(n, make.apply(i, run)));
            return all;
        });
        return new OpCase(name, builder.build(), script, expectations);
    }
}
