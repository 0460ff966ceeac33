package org.sluice.backend.support;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sluice.backend.ProgramOptions;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/**
 * Offsets of values in one block of memory, sized for the largest step. A value's place is given away after its last use;
 * inputs and outputs of the graph keep theirs.
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

    private record Hole(long offset, long size) {}

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
        List<Hole> holes = new ArrayList<>();
        long top = 0;
        for (Value v : graph.inputs().values()) {
            offsets[v.id()] = top;
            top += room(v, options);
        }
        for (int i = 0; i < uses.size(); i++) {
            for (Value v : uses.get(i).writes()) {
                long size = room(v, options);
                Hole best = null;
                for (Hole h : holes) {
                    if (h.size >= size && (best == null || h.size < best.size)) {
                        best = h;
                    }
                }
                if (best == null) {
                    offsets[v.id()] = top;
                    top += size;
                } else {
                    holes.remove(best);
                    offsets[v.id()] = best.offset;
                    if (best.size > size) {
                        holes.add(new Hole(best.offset + size, best.size - size));
                    }
                }
            }
            for (Value v : uses.get(i).all()) {
                if (lastUse[v.id()] == i) {
                    free(holes, new Hole(offsets[v.id()], room(v, options)));
                }
            }
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

    /** Gives a place back, merged with its neighbours. */
    private static void free(List<Hole> holes, Hole hole) {
        Hole merged = hole;
        for (boolean again = true; again; ) {
            again = false;
            for (Hole h : holes) {
                if (h.offset + h.size == merged.offset || merged.offset + merged.size == h.offset) {
                    holes.remove(h);
                    merged = new Hole(Math.min(h.offset, merged.offset), h.size + merged.size);
                    again = true;
                    break;
                }
            }
        }
        holes.add(merged);
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
