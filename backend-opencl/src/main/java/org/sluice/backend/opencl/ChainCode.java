package org.sluice.backend.opencl;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jocl.cl_mem;
import org.sluice.backend.support.kernels.ArgumentSink;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.CallNumbers;

/** The list of calls that a chain runs, as {@code chain.cl} reads it. */
final class ChainCode {
    /** Buffers that pointers may lie in. */
    static final int ROOTS = 16;

    private static final int ROOT_SHIFT = 56;

    private final List<Long> code = new ArrayList<>();
    private final List<cl_mem> roots = new ArrayList<>();
    private final Set<String> defines = new LinkedHashSet<>();
    private List<String> weights = List.of();
    private int count;

    /** Whether kernels of this name can be part of a chain. */
    static boolean knows(String kernel) {
        return CallNumbers.of(kernel) >= 0;
    }

    /** Calls in the list. */
    int count() {
        return count;
    }

    /** Adds a call, unless its types of weights or caches differ from those before or its memory lies in too many buffers. */
    boolean add(Call call, Arguments<DeviceBuffer> arguments) {
        Set<String> together = new LinkedHashSet<>(defines);
        together.addAll(call.build().defines());
        boolean weighted = call.build().defines().stream().anyMatch(d -> d.startsWith("WEIGHT_"));
        if (weighted && !weights.isEmpty() && !weights.equals(call.build().defines())) {
            return false;
        }
        if (together.stream().filter(d -> d.startsWith("CACHE_")).count() > 1) {
            return false;
        }
        Encoder encoder = new Encoder();
        arguments.hand(call, encoder);
        if (encoder.all.size() > ROOTS) {
            return false;
        }
        roots.addAll(encoder.all.subList(roots.size(), encoder.all.size()));
        defines.addAll(call.build().defines());
        if (weighted) {
            weights = call.build().defines();
        }
        var launch = call.launch();
        List<Long> header = new ArrayList<>();
        header.add((long) CallNumbers.of(call.name()));
        header.add((long) launch.skipUpTo());
        header.add(launch.rows().extent());
        header.add((long) launch.from());
        header.add((long) launch.to());
        axis(launch.x(), header);
        axis(launch.y(), header);
        code.add(1L + header.size() + encoder.code.size());
        code.addAll(header);
        code.addAll(encoder.code);
        count++;
        return true;
    }

    private static void axis(Axis axis, List<Long> to) {
        to.add(axis.extent());
        to.add((long) axis.times());
        to.add((long) axis.divide());
    }

    /** The source with what it has to know. */
    Call.Build build() {
        List<String> all = new ArrayList<>();
        if (weights.isEmpty()) {
            all.add("WEIGHT_F32");
        }
        all.addAll(defines);
        return new Call.Build("chain.cl", all.stream().sorted().toList());
    }

    /** The buffers, filled up with another one. */
    List<cl_mem> roots(int size, DeviceBuffer nothing) {
        List<cl_mem> all = new ArrayList<>(roots);
        while (all.size() < size) {
            all.add(nothing.memory());
        }
        return all;
    }

    long[] code() {
        return code.stream().mapToLong(Long::longValue).toArray();
    }

    /** Collects the arguments of one call. */
    private final class Encoder implements ArgumentSink<DeviceBuffer> {
        private final List<Long> code = new ArrayList<>();
        private final List<cl_mem> all = new ArrayList<>(roots);

        @Override
        public void buffer(DeviceBuffer b) {
            int root = all.indexOf(b.root());
            if (root < 0) {
                root = all.size();
                all.add(b.root());
            }
            code.add((long) root << ROOT_SHIFT | b.offset());
        }

        @Override
        public void step(DeviceBuffer b) {
            // the chain hands on its own
        }

        @Override
        public void number(int v) {
            code.add((long) v);
        }

        @Override
        public void number(long v) {
            code.add(v);
        }

        @Override
        public void number(float v) {
            code.add((long) Float.floatToRawIntBits(v));
        }

        @Override
        public void pages(long pageFloats, long stateAt) {
            code.add(pageFloats);
            code.add(stateAt);
        }
    }
}
