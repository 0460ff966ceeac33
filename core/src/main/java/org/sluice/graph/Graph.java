package org.sluice.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sluice.tensor.Weight;

/**
 * What one step computes: operations in an order in which they can run, with named inputs and outputs and the states they
 * keep. Immutable; built by {@link GraphBuilder}.
 */
public final class Graph {
    private final List<Node> nodes;
    private final int valueCount;
    private final Map<String, Value> inputs;
    private final Map<String, Value> outputs;
    private final List<State> states;

    Graph(List<Node> nodes, int valueCount, Map<String, Value> inputs, Map<String, Value> outputs, List<State> states) {
        this.nodes = List.copyOf(nodes);
        this.valueCount = valueCount;
        this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        this.states = List.copyOf(states);
    }

    /** Operations, in order. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Number of values; ids run from 0. */
    public int valueCount() {
        return valueCount;
    }

    /** Inputs by name. */
    public Map<String, Value> inputs() {
        return inputs;
    }

    /** Outputs by name. */
    public Map<String, Value> outputs() {
        return outputs;
    }

    /** States, by id. */
    public List<State> states() {
        return states;
    }

    /** Every weight once, in the order of first use. */
    public Set<Weight> weights() {
        Set<Weight> all = new LinkedHashSet<>();
        nodes.forEach(n -> all.addAll(n.op().constants()));
        return all;
    }

    /** One line per operation: results, kind, operands. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        inputs.forEach((name, v) -> text.append("input ").append(v).append('\n'));
        states.forEach(s -> text.append("state ").append(s).append('\n'));
        for (Node n : nodes) {
            text.append(n.scope())
                    .append("  ")
                    .append(n.outputs())
                    .append(" = ")
                    .append(n.op().kind());
            text.append(n.op().inputs()).append(n.op().constants()).append('\n');
        }
        outputs.forEach((name, v) ->
                text.append("output ").append(name).append(" = ").append(v).append('\n'));
        return text.toString();
    }
}
