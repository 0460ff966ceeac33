package org.sluice.backend.opencl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Call;

/**
 * Ways to run small steps in few commands. A command costs a processor's driver tens of microseconds, in which it wakes threads and
 * they find the work; most operations of a small step take less. So calls that are not worth dividing go, one behind the other,
 * into one command on one core.
 *
 * <p>What is small depends on the rows and the context of a step, so there is a route for each of several sizes.
 */
final class Chains implements AutoCloseable {
    /** Products that one core computes in about the time that a command costs. */
    private static final long LARGE = 1 << 19;

    private static final int[] ROWS = {1, 4};
    private static final int FIRST_CONTEXT = 1024;
    private static final int CONTEXT_FACTOR = 8;

    /** Fewer calls than this are not worth a chain. */
    private static final int LEAST = 4;

    /** What steps up to a size enqueue. */
    private record Route(int rows, int context, List<Launchable> all) {}

    private final List<Call> calls;
    private final List<Command> commands;
    private final Binder binder;
    private final Arguments<DeviceBuffer> arguments;
    private final ClMemory memory;
    private final int least;
    private final Map<List<Integer>, List<Launchable>> made = new HashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private final List<DeviceBuffer> lists = new ArrayList<>();

    /**
     * Prepares the routes.
     *
     * @param calls what a step may run
     * @param commands the same, one each
     */
    Chains(
            List<Call> calls,
            List<Command> commands,
            Binder binder,
            Arguments<DeviceBuffer> arguments,
            ClMemory memory,
            ProgramOptions limits) {
        this.calls = calls;
        this.commands = commands;
        this.binder = binder;
        this.arguments = arguments;
        this.memory = memory;
        // 0 turns chains off, 1 makes one of everything
        least = Integer.getInteger("sluice.opencl.chain", LEAST);
        if (least < 1) {
            return;
        }
        try {
            for (int rows : ROWS) {
                for (int context : contexts(limits.maxContext())) {
                    routes.add(new Route(rows, context, make(rows, context)));
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static Iterable<Integer> contexts(int most) {
        TreeSet<Integer> all = new TreeSet<>();
        for (long c = FIRST_CONTEXT; c < most; c *= CONTEXT_FACTOR) {
            all.add((int) c);
        }
        all.add(most);
        return all;
    }

    /** What a step of this size enqueues. */
    List<? extends Launchable> route(int rows, int context) {
        for (Route r : routes) {
            if (rows <= r.rows && context <= r.context) {
                return r.all;
            }
        }
        return commands;
    }

    /** All chains, to be told of new slabs. */
    List<Launchable> chains() {
        return made.values().stream()
                .flatMap(List::stream)
                .filter(Chain.class::isInstance)
                .toList();
    }

    private List<Launchable> make(int rows, int context) {
        List<Launchable> all = new ArrayList<>();
        int first = 0;
        while (first < calls.size()) {
            int last = first;
            while (last < calls.size() && small(calls.get(last), rows, context)) {
                last++;
            }
            if (last - first >= least) {
                all.addAll(made.computeIfAbsent(List.of(first, last), r -> chain(r.getFirst(), r.getLast())));
            } else {
                last = Math.max(last, first + 1);
                all.addAll(commands.subList(first, last));
            }
            first = last;
        }
        return all;
    }

    private static boolean small(Call call, int rows, int context) {
        return ChainCode.knows(call.name()) && rows * CallSize.products(call, context) <= LARGE;
    }

    /** Calls as one chain, or as several where one cannot hold them. */
    private List<Launchable> chain(int first, int last) {
        List<Launchable> all = new ArrayList<>();
        ChainCode code = new ChainCode();
        for (Call call : calls.subList(first, last)) {
            if (!code.add(call, arguments)) {
                all.add(finish(code));
                code = new ChainCode();
                if (!code.add(call, arguments)) {
                    throw new IllegalStateException(call.name() + " does not fit into a chain");
                }
            }
        }
        all.add(finish(code));
        return all;
    }

    private Chain finish(ChainCode code) {
        long[] list = code.code();
        DeviceBuffer b = memory.allocate(8L * list.length, "a list of operations");
        lists.add(b);
        memory.write(b, 0, MemorySegment.ofArray(list));
        return binder.chain(code, b);
    }

    @Override
    public void close() {
        chains().forEach(Launchable::close);
        made.clear();
        routes.clear();
        lists.forEach(memory::free);
        lists.clear();
    }
}
