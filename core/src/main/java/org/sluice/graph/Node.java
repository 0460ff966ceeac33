package org.sluice.graph;

import java.util.List;

/**
 * An operation in its place in a graph.
 *
 * @param op what is computed
 * @param outputs its results, as many as {@code op.outputs()}
 * @param scope part of the model it belongs to, for plans and profiles, such as {@code layers.3}
 */
public record Node(Op op, List<Value> outputs, String scope) {
    /** Copies the list. */
    public Node {
        outputs = List.copyOf(outputs);
    }
}
