package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Op;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/**
 * A kernel with what it is handed, independent of any device.
 *
 * @param work what it computes, or a part of it
 * @param build which source, compiled how
 * @param name name of the kernel
 * @param arguments in the order of the kernel's parameters
 * @param launch how many groups, and in which steps
 */
public record Call(Work work, Build build, String name, List<Argument> arguments, Launch launch) {
    /**
     * A source and what is defined when it is compiled.
     *
     * @param file such as {@code matmul.cl}
     * @param defines such as {@code WEIGHT_Q8_0} and {@code SCALED}, in this order
     */
    public record Build(String file, List<String> defines) {
        /** Copies the list. */
        public Build {
            defines = List.copyOf(defines);
        }
    }

    /** The operation it computes, or the first of them. */
    public Op op() {
        return work.nodes().getFirst().op();
    }

    /** The weight among its arguments, or the first of several of one shape and type, where its first argument is one. */
    public Weight weight() {
        return ((Argument.Matrices) arguments.getFirst()).weights().getFirst();
    }

    /** The same, only for steps in which {@code extent} stands for {@code least} to {@code most} rows. */
    public Call forRows(long extent, int least, int most) {
        return new Call(work, build, name, arguments, launch.forRows(extent, least, most));
    }

    /** Whether a step of this size has anything for it to do. */
    public boolean runs(int rows, int outputs, int context) {
        return launch.runs(rows, outputs, context)
                && launch.x().groups(rows, outputs, context) > 0
                && launch.y().groups(rows, outputs, context) > 0;
    }

    /** Collects arguments. */
    static final class Builder {
        private final Build build;
        private final String name;
        private final List<Argument> arguments = new ArrayList<>();

        Builder(Build build, String name) {
            this.build = build;
            this.name = name;
        }

        Builder add(Argument a) {
            arguments.add(a);
            return this;
        }

        Builder place(Value v) {
            return add(new Argument.Place(v));
        }

        Builder nothing() {
            return add(new Argument.Nothing());
        }

        Builder number(int v) {
            return add(new Argument.Int32(v));
        }

        Builder number(long v) {
            return add(new Argument.Int64(v));
        }

        Builder number(float v) {
            return add(new Argument.Float32(v));
        }

        Builder step() {
            return add(new Argument.StepFacts());
        }

        /** The rows that count among those it is launched for: what a symbolic extent stands for is in the step's facts. */
        Builder rowsOf(Value v) {
            return number(Math.toIntExact(v.rows())).step();
        }

        Call launch(Work work, Launch launch) {
            return new Call(work, build, name, List.copyOf(arguments), launch);
        }
    }
}
