package org.sluice.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/** Writes a graph down, operation by operation. Not safe for use by several threads; {@link #build()} ends it. */
public final class GraphBuilder {
    private final List<Node> nodes = new ArrayList<>();
    private final List<State> states = new ArrayList<>();
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private CacheType caches = CacheType.F32;
    private String scope = "";
    private int values;

    /** An experts' choice: ids and weights of the chosen ones, both {@code [rows, topK]}. */
    public record Route(Value experts, Value weights) {}

    /** The largest logits of each row: indices and values, both {@code [rows, k]}. */
    public record Top(Value indices, Value values) {}

    /** Names the part of the model that the following operations belong to. */
    public GraphBuilder scope(String name) {
        scope = name;
        return this;
    }

    /** A value that the caller fills in before each step. */
    public Value input(String name, TensorSpec spec) {
        Value v = new Value(values++, name, spec);
        if (inputs.put(name, v) != null) {
            throw new IllegalArgumentException("input '" + name + "' is declared twice");
        }
        return v;
    }

    /** Makes a value readable after each step under {@code name}. */
    public Value output(String name, Value value) {
        if (outputs.put(name, value) != null) {
            throw new IllegalArgumentException("output '" + name + "' is declared twice");
        }
        return value;
    }

    /** How the caches that are declared from here on are kept; at first as F32. */
    public GraphBuilder caches(CacheType type) {
        caches = type;
        return this;
    }

    /** Declares a latent cache. */
    public State.LatentCache latentCache(String name, int latent, int rope) {
        State.LatentCache s = new State.LatentCache(states.size(), name, latent, rope, caches);
        states.add(s);
        return s;
    }

    /** Declares an indexer's key cache. */
    public State.IndexKeyCache indexKeyCache(String name, int width) {
        State.IndexKeyCache s = new State.IndexKeyCache(states.size(), name, width, caches);
        states.add(s);
        return s;
    }

    /** {@link Embed}. */
    public Value embed(Weight table, Value tokens) {
        return one(new Embed(table, tokens));
    }

    /** {@link RmsNorm}. */
    public Value rmsNorm(Value x, Weight weight, float epsilon) {
        return one(new RmsNorm(x, weight, epsilon));
    }

    /** {@link LayerNorm}. */
    public Value layerNorm(Value x, Weight weight, Weight bias, float epsilon) {
        return one(new LayerNorm(x, weight, bias, epsilon));
    }

    /** {@link Add}. */
    public Value add(Value a, Value b) {
        return one(new Add(a, b));
    }

    /** {@link Concat}. */
    public Value concat(Value a, Value b) {
        return one(new Concat(a, b));
    }

    /** {@link GatherRows}. */
    public Value gatherRows(Value x) {
        return one(new GatherRows(x));
    }

    /** {@link Matmul}. */
    public Value matmul(Weight weight, Value x) {
        return one(new Matmul(weight, x));
    }

    /** {@link SwiGlu}. */
    public Value swiGlu(Value gate, Value up) {
        return one(new SwiGlu(gate, up));
    }

    /** {@link ApplyRope}. */
    public Value rope(Value x, int heads, int offset, Rope rope) {
        return one(new ApplyRope(x, heads, offset, rope));
    }

    /** {@link HeadMatmul}. */
    public Value headMatmul(HeadMatrix matrix, Value x, int offset) {
        return one(new HeadMatmul(matrix, x, offset));
    }

    /** {@link AppendLatent}. */
    public void appendLatent(Value x, Weight weight, float epsilon, Rope rope, State.LatentCache cache) {
        append(new AppendLatent(x, weight, epsilon, rope, cache));
    }

    /** {@link LatentAttention}. */
    public Value latentAttention(
            Value queryLatent,
            Value query,
            int ropeOffset,
            @Nullable Value selection,
            State.LatentCache cache,
            float scale) {
        return one(new LatentAttention(queryLatent, query, ropeOffset, selection, cache, scale));
    }

    /** {@link AppendIndexKey}. */
    public void appendIndexKey(
            Value x, Weight weight, Weight bias, float epsilon, Rope rope, State.IndexKeyCache cache) {
        append(new AppendIndexKey(x, weight, bias, epsilon, rope, cache));
    }

    /** {@link IndexScores}. */
    public Value indexScores(Value query, Value weights, State.IndexKeyCache cache, float scale) {
        return one(new IndexScores(query, weights, cache, scale));
    }

    /** {@link SelectTopK}. */
    public Value selectTopK(Value scores, int k) {
        return one(new SelectTopK(scores, k));
    }

    /** {@link RouteExperts}. */
    public Route routeExperts(Value logits, @Nullable Weight bias, RoutingRule rule) {
        List<Value> out = append(new RouteExperts(logits, bias, rule));
        return new Route(out.get(0), out.get(1));
    }

    /** {@link ExpertFeedForward}. */
    public Value expertFeedForward(Value x, Route route, Weight gate, Weight up, Weight down) {
        return one(new ExpertFeedForward(x, route.experts(), route.weights(), gate, up, down));
    }

    /** {@link ArgMax}. */
    public Value argMax(Value x) {
        return one(new ArgMax(x));
    }

    /** {@link TopLogits}. */
    public Top topLogits(Value x, int k) {
        List<Value> out = append(new TopLogits(x, k));
        return new Top(out.get(0), out.get(1));
    }

    /** Adds any operation and returns its results. */
    public List<Value> append(Op op) {
        for (Value v : op.inputs()) {
            if (v.id() >= values) {
                throw new IllegalArgumentException(op.kind() + ": " + v + " is not of this graph");
            }
        }
        List<Value> out = op.outputs().stream()
                .map(spec -> new Value(values++, name(op), spec))
                .toList();
        nodes.add(new Node(op, out, scope));
        return out;
    }

    /** The graph written so far. */
    public Graph build() {
        return new Graph(nodes, values, inputs, outputs, states);
    }

    private String name(Op op) {
        return (scope.isEmpty() ? "" : scope + ".") + op.kind() + values;
    }

    private Value one(Op op) {
        return append(op).getFirst();
    }
}
