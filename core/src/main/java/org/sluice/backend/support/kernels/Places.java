package org.sluice.backend.support.kernels;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;

/**
 * Where the stored values of a graph lie on a device.
 *
 * @param <B> a piece of the device's memory
 */
public final class Places<B> {
    private final Map<Value, B> places = new HashMap<>();

    /**
     * A place for every input of the graph and all that its works read or write.
     *
     * @param place called once for each of them
     */
    public Places(Graph graph, Lowering lowering, Function<Value, B> place) {
        graph.inputs().values().forEach(v -> places.computeIfAbsent(v, place));
        lowering.works().forEach(w -> {
            w.use().reads().forEach(v -> places.computeIfAbsent(v, place));
            w.use().writes().forEach(v -> places.computeIfAbsent(v, place));
        });
    }

    /** The place of a value. */
    public B at(Value v) {
        B b = places.get(v);
        if (b == null) {
            throw new IllegalStateException(v + " has no place");
        }
        return b;
    }
}
