package org.sluice.backend.support;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sluice.backend.ProgramOptions;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/**
 * Offsets of values in one block of memory, sized for the largest step. Values that are never needed at the same time share a
 * place; inputs and outputs of the graph keep theirs. The largest values choose first, each the lowest place that is free while
 * it lives ("greedy by size", Pisarchyk and Lee 2020): in the order of their use, large values would find holes that are a
 * little too small.
 */
public final class BufferPlan {
    private static final long LINE = 64;

    /** What one piece of work touches; pieces run in order. */
    public record Use(Collection<Value> reads, Collection<Value> writes) {
        Set<Value> all() {
            Set<Value> all = new LinkedHashSet<>(reads);
            all.addAll(writes);
            return all;
        }
    }

    /** A value from the piece of work that writes it to the last that touches it. */
    private record Life(Value value, int begin, int end, long size) {
        boolean meets(Life other) {
            return begin <= other.end && other.begin <= end;
        }
    }

    private final long[] offsets;
    private final long align;
    private final long bytes;

    /** A plan where every operation of the graph is a piece of work of its own, except for values that are never stored. */
    public static BufferPlan of(Graph graph, ProgramOptions options, Set<Value> absent) {
        List<Use> uses = graph.nodes().stream()
                .map(n -> new Use(stored(n.op().inputs(), absent), stored(n.outputs(), absent)))
                .toList();
        return new BufferPlan(graph, options, uses, LINE);
    }

    private static List<Value> stored(List<Value> values, Set<Value> absent) {
        return values.stream().filter(v -> !absent.contains(v)).toList();
    }

    /**
     * A plan for pieces of work that need not be the graph's operations.
     *
     * @param uses in the order in which they run; values beyond the graph's own have ids from {@code graph.valueCount()} on
     * @param align every offset and size is a multiple of it, a power of two of at least 64
     */
    public BufferPlan(Graph graph, ProgramOptions options, List<Use> uses, long align) {
        this.align = align;
        int[] lastUse = lastUse(graph, uses);
        offsets = new long[lastUse.length];
        List<Life> lives = new ArrayList<>();
        for (Value v : graph.inputs().values()) {
            lives.add(new Life(v, -1, Integer.MAX_VALUE, room(v, options)));
        }
        for (int i = 0; i < uses.size(); i++) {
            for (Value v : uses.get(i).writes()) {
                lives.add(new Life(v, i, lastUse[v.id()], room(v, options)));
            }
        }
        lives.sort(Comparator.comparingLong(Life::size).reversed());
        long top = 0;
        List<Life> placed = new ArrayList<>(); // by ascending offset
        for (Life life : lives) {
            long at = 0;
            for (Life other : placed) {
                long begin = offsets[other.value.id()];
                if (life.meets(other)) {
                    if (begin >= at + life.size) {
                        break;
                    }
                    at = Math.max(at, begin + other.size);
                }
            }
            offsets[life.value.id()] = at;
            top = Math.max(top, at + life.size);
            int index = 0;
            while (index < placed.size() && offsets[placed.get(index).value.id()] <= at) {
                index++;
            }
            placed.add(index, life);
        }
        bytes = top;
    }

    /** Index of the last piece of work that touches each value; beyond the last one for inputs and outputs. */
    private static int[] lastUse(Graph graph, List<Use> uses) {
        int count = uses.stream()
                .flatMap(u -> u.all().stream())
                .mapToInt(v -> v.id() + 1)
                .max()
                .orElse(0);
        int[] last = new int[Math.max(count, graph.valueCount())];
        Arrays.fill(last, -1);
        for (int i = 0; i < uses.size(); i++) {
            for (Value v : uses.get(i).all()) {
                last[v.id()] = i;
            }
        }
        graph.inputs().values().forEach(v -> last[v.id()] = Integer.MAX_VALUE);
        graph.outputs().values().forEach(v -> last[v.id()] = Integer.MAX_VALUE);
        return last;
    }

    /** Bytes of a value in the largest step, rounded up to whole cache lines. */
    public static long size(Value v, ProgramOptions o) {
        Shape largest = v.spec().shape().resolve(o.maxRows(), o.maxOutputs(), o.maxContext());
        return (v.dtype().bytes(largest.elements()) + LINE - 1) & -LINE;
    }

    private long room(Value v, ProgramOptions o) {
        return (size(v, o) + align - 1) & -align;
    }

    /** Where a value starts. */
    public long offset(Value v) {
        return offsets[v.id()];
    }

    /** Bytes of the block. */
    public long bytes() {
        return bytes;
    }
}
