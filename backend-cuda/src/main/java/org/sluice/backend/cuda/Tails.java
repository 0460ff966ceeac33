package org.sluice.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sluice.backend.support.kernels.ArgumentSink;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.CallNumbers;
import org.sluice.backend.support.kernels.Launch;
import org.sluice.backend.support.kernels.Slabs;

/**
 * What follows products on their rows without a launch of its own: norms, rotations, caches, the choice of experts. In steps of few
 * rows the product's last block runs it ({@code tail.h}); with more rows a block for each row is faster. Lists of what follows
 * lie in the device's memory, behind the addresses of the slabs.
 */
final class Tails implements AutoCloseable {
    /** Rows of a step up to which what follows is part of the product: two tiles, whose rows one block each runs. */
    static final int MOST_ROWS = 8;

    /** Place in a list of where the slabs are. */
    private static final int SLABS_AT = 1;

    private static final List<String> CACHES = List.of("", "CACHE_BF16", "CACHE_FP8");
    private static final int CACHE_STRIDE = 256;

    /**
     * A product, for one row and for many, with what follows it; or one call alone.
     *
     * @param list where the list of what follows starts, in longs, 0 where nothing does
     */
    record Group(List<Call> calls, List<Call> rows, int list) {}

    private final List<Group> groups = new ArrayList<>();
    private final CudaMemory memory;
    private final DeviceBuffer buffer;

    /**
     * Finds what follows products, and uploads it.
     *
     * @param calls of a program, in order
     * @param nothing stands for slabs that are not there yet
     */
    Tails(List<Call> calls, boolean exact, Arguments<DeviceBuffer> arguments, CudaMemory memory, DeviceBuffer nothing) {
        this.memory = memory;
        Lists lists = new Lists();
        for (int i = 0; i < calls.size(); ) {
            int products = products(calls, i, exact);
            int last = i + Math.max(1, products);
            int rows = last;
            while (products > 0 && rows < calls.size() && follows(calls.get(rows), calls.get(i))) {
                rows++;
            }
            List<Call> following = calls.subList(last, rows);
            groups.add(new Group(
                    calls.subList(i, last), following, following.isEmpty() ? 0 : lists.add(following, arguments)));
            i = rows;
        }
        buffer = memory.allocate(8L * lists.count, "what follows products");
        Arrays.fill(lists.values, 0, Slabs.MOST, nothing.address());
        for (Group g : groups) {
            if (g.list > 0) {
                lists.values[g.list + SLABS_AT] = buffer.address();
            }
        }
        memory.write(buffer, 0, MemorySegment.ofArray(Arrays.copyOf(lists.values, lists.count)));
    }

    /** Calls from {@code first} on that are one product for steps of different sizes, 0 where nothing may follow it. */
    @SuppressWarnings("ReferenceEquality") // calls of one work, not of another that is like it
    private static int products(List<Call> calls, int first, boolean exact) {
        int last = first;
        while (last < calls.size()
                && calls.get(last).work() == calls.get(first).work()
                && KernelChoice.of(calls.get(last), exact).takesTail()) {
            last++;
        }
        return last - first;
    }

    private static boolean follows(Call call, Call product) {
        Axis rows = Axis.of(product.launch().y().extent());
        return call.work().ofRows() && call.launch().equals(Launch.of(rows, Axis.of(1)));
    }

    /** All calls, in order. */
    List<Group> groups() {
        return groups;
    }

    /** Address of the list of what follows. */
    long list(Group g) {
        return buffer.address() + 8L * g.list;
    }

    /** Tells where a slab is. */
    void slab(int index, DeviceBuffer slab) {
        memory.write(buffer, 8L * index, MemorySegment.ofArray(new long[] {slab.address()}));
    }

    @Override
    public void close() {
        memory.free(buffer);
    }

    /** Lists as they are uploaded. */
    private static final class Lists implements ArgumentSink<DeviceBuffer> {
        private long[] values = new long[1024];
        private int count = Slabs.MOST;

        /** Adds calls; gives where their list starts. */
        int add(List<Call> calls, Arguments<DeviceBuffer> arguments) {
            int start = count;
            number((long) calls.size());
            number(0L);
            for (Call call : calls) {
                int at = count;
                number(0L);
                number(number(call));
                arguments.hand(call, this);
                values[at] = count - (long) at;
            }
            return start;
        }

        private static long number(Call call) {
            int cache = call.build().defines().isEmpty()
                    ? 0
                    : CACHES.indexOf(call.build().defines().getFirst());
            int number = CallNumbers.of(call.name());
            if (cache < 0 || number < 0) {
                throw new IllegalStateException(call.name() + " " + call.build() + " cannot follow a product");
            }
            return number + (long) CACHE_STRIDE * cache;
        }

        @Override
        public void number(long v) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = v;
        }

        @Override
        public void number(int v) {
            number((long) v);
        }

        @Override
        public void number(float v) {
            number((long) Float.floatToRawIntBits(v));
        }

        @Override
        public void buffer(DeviceBuffer b) {
            number(b.address());
        }

        @Override
        public void step(DeviceBuffer b) {
            // the product hands on its own
        }

        @Override
        public void pages(long pageFloats, long stateAt) {
            number(pageFloats);
            number(stateAt);
        }
    }
}
