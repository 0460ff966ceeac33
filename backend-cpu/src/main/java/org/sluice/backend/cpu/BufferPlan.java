package org.sluice.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.sluice.backend.ProgramOptions;
import org.sluice.graph.Graph;
import org.sluice.graph.Node;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/**
 * Offsets of all values of a graph in one block of memory, sized for the largest step. A value's place is given away after
 * its last use; inputs and outputs keep theirs.
 */
final class BufferPlan {
    private static final long ALIGN = 64;

    private record Hole(long offset, long size) {}

    private final long[] offsets;
    private final long bytes;

    /** @param absent values that need no memory because a fused operation never stores them */
    BufferPlan(Graph graph, ProgramOptions options, Set<Value> absent) {
        offsets = new long[graph.valueCount()];
        int[] lastUse = lastUse(graph);
        List<Hole> holes = new ArrayList<>();
        long top = 0;
        for (Value v : graph.inputs().values()) {
            offsets[v.id()] = top;
            top += size(v, options);
        }
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node n = graph.nodes().get(i);
            for (Value v : n.outputs()) {
                if (absent.contains(v)) {
                    continue;
                }
                long size = size(v, options);
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
            for (Value v : distinct(n)) {
                if (lastUse[v.id()] == i && !absent.contains(v)) {
                    free(holes, new Hole(offsets[v.id()], size(v, options)));
                }
            }
        }
        bytes = top;
    }

    private static Set<Value> distinct(Node n) {
        Set<Value> all = new java.util.LinkedHashSet<>(n.op().inputs());
        all.addAll(n.outputs());
        return all;
    }

    /** Index of the last node that touches each value; beyond the last node for inputs and outputs. */
    private static int[] lastUse(Graph graph) {
        int[] last = new int[graph.valueCount()];
        Arrays.fill(last, -1);
        for (int i = 0; i < graph.nodes().size(); i++) {
            for (Value v : distinct(graph.nodes().get(i))) {
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
    static long size(Value v, ProgramOptions o) {
        Shape largest = v.spec().shape().resolve(o.maxRows(), o.maxOutputs(), o.maxContext());
        return (v.dtype().bytes(largest.elements()) + ALIGN - 1) / ALIGN * ALIGN;
    }

    long offset(Value v) {
        return offsets[v.id()];
    }

    long bytes() {
        return bytes;
    }
}
