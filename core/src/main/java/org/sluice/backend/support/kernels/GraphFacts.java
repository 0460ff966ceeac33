package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sluice.backend.Step;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.Embed;
import org.sluice.graph.Graph;
import org.sluice.graph.IndexScores;
import org.sluice.graph.Node;
import org.sluice.graph.Rope;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/** What a program has to know of its graph when steps run. */
public final class GraphFacts {
    /** Tokens that must lie inside a vocabulary. */
    private record Tokens(String input, long rows, long vocabulary) {}

    private final List<Rope> ropes;
    private final Map<Value, Integer> unscored = new HashMap<>();
    private final List<Tokens> tokens = new ArrayList<>();

    /** The facts of a graph. */
    public GraphFacts(Graph graph) {
        Set<Rope> found = new LinkedHashSet<>();
        for (Node n : graph.nodes()) {
            switch (n.op()) {
                case ApplyRope op -> found.add(op.rope());
                case AppendLatent op -> found.add(op.rope());
                case AppendIndexKey op -> found.add(op.rope());
                case IndexScores op -> unscored(graph, n.outputs().getFirst());
                case Embed op ->
                    graph.inputs().forEach((name, v) -> {
                        if (v.equals(op.tokens())) {
                            tokens.add(new Tokens(name, v.rows(), op.table().rows()));
                        }
                    });
                default -> {}
            }
        }
        ropes = List.copyOf(found);
    }

    /** Scores that nobody but selections read need not be computed while all selections take everything. */
    private void unscored(Graph graph, Value scores) {
        List<Node> readers = graph.nodes().stream()
                .filter(r -> r.op().inputs().contains(scores))
                .toList();
        if (!graph.outputs().containsValue(scores) && readers.stream().allMatch(r -> r.op() instanceof SelectTopK)) {
            unscored.put(
                    scores,
                    readers.stream()
                            .mapToInt(r -> ((SelectTopK) r.op()).k())
                            .min()
                            .orElse(Integer.MAX_VALUE));
        }
    }

    /** The rotations, each once. */
    public List<Rope> ropes() {
        return ropes;
    }

    /** Length of a context up to which scores are not looked at. */
    public Map<Value, Integer> unscored() {
        return unscored;
    }

    /** Throws where a token of the step is outside its vocabulary. */
    public void checkTokens(Step step, Map<String, ? extends HostMemory> inputs) {
        for (int i = 0; i < tokens.size(); i++) {
            Tokens t = tokens.get(i);
            HostMemory port = inputs.get(t.input);
            if (port != null) {
                check(t, port.host(), step);
            }
        }
    }

    private static void check(Tokens t, MemorySegment ids, Step step) {
        long rows = t.rows == Shape.ROWS ? step.rows() : t.rows == Shape.OUTPUTS ? step.outputs() : t.rows;
        for (int r = 0; r < rows; r++) {
            int token = ids.getAtIndex(ValueLayout.JAVA_INT, r);
            if (token < 0 || token >= t.vocabulary) {
                throw new InvalidRequestException(
                        "token " + token + " in row " + r + " is outside the vocabulary of " + t.vocabulary);
            }
        }
    }
}
