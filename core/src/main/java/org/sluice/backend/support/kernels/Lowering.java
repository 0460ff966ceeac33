package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.BufferPlan;
import org.sluice.graph.Add;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;
import org.sluice.graph.Matmul;
import org.sluice.graph.Node;
import org.sluice.graph.Op;
import org.sluice.graph.SwiGlu;
import org.sluice.graph.TopLogits;
import org.sluice.graph.Value;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Decides which operations of a graph run together, as a launch costs more than the smaller of them, and in which order. Three
 * patterns: gate, up and their gated unit; a matrix and the additions behind it; up to four matrices of one type over one input.
 */
public final class Lowering {
    private static final int MATRICES = 4;
    private static final int ADDENDS = 2;

    private final Graph graph;
    private final Map<Value, Integer> producer = new HashMap<>();
    private final Map<Value, List<Node>> readers = new HashMap<>();
    private final Map<Weight, Integer> uses = new HashMap<>();
    private final Set<Node> taken = new HashSet<>();
    private final Map<Integer, Work> at = new HashMap<>();
    private final List<Work> works;

    /** Decides for a graph. */
    public Lowering(Graph graph) {
        this.graph = graph;
        index();
        gates();
        additions();
        matrices();
        works = Schedule.of(inOrderOfGraph());
    }

    private List<Work> inOrderOfGraph() {
        List<Work> all = new ArrayList<>();
        int spare = graph.valueCount();
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node n = graph.nodes().get(i);
            Work w = at.get(i);
            if (w != null) {
                all.add(w);
            } else if (!taken.contains(n)) {
                Optional<TensorSpec> scratch = scratch(n.op());
                if (scratch.isPresent()) {
                    all.add(new Work.Scratched(n, new Value(spare++, n.scope() + ".scratch", scratch.get())));
                } else {
                    all.add(new Work.Plain(n));
                }
            }
        }
        return all;
    }

    private static Optional<TensorSpec> scratch(Op op) {
        return switch (op) {
            // between the two halves of an expert
            case ExpertFeedForward e ->
                Optional.of(TensorSpec.f32(
                        e.x().rows(), e.experts().width() * e.gate().rows()));
            // the chosen, before they are put in order
            case TopLogits t -> Optional.of(TensorSpec.i32(t.x().rows(), t.k()));
            default -> Optional.empty();
        };
    }

    /** What runs, in order. */
    public List<Work> works() {
        return works;
    }

    /** Where values lie. */
    public BufferPlan buffers(ProgramOptions options, long alignment) {
        return new BufferPlan(graph, options, Schedule.uses(works), alignment);
    }

    private void index() {
        graph.inputs().values().forEach(v -> producer.put(v, -1));
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node n = graph.nodes().get(i);
            for (Value v : n.outputs()) {
                producer.put(v, i);
            }
            n.op().inputs().stream()
                    .distinct()
                    .forEach(v ->
                            readers.computeIfAbsent(v, k -> new ArrayList<>()).add(n));
            n.op().constants().forEach(w -> uses.merge(w, 1, Integer::sum));
        }
    }

    /** The only reader of a value that nobody outside the graph sees. */
    private Optional<Node> onlyReader(Value v) {
        List<Node> all = readers.getOrDefault(v, List.of());
        return all.size() == 1 && !graph.outputs().containsValue(v) ? Optional.of(all.getFirst()) : Optional.empty();
    }

    private @Nullable Node matmul(Value v) {
        int i = producer.getOrDefault(v, -1);
        Node n = i < 0 ? null : graph.nodes().get(i);
        return n != null && n.op() instanceof Matmul && !taken.contains(n) ? n : null;
    }

    private void gates() {
        for (Node n : graph.nodes()) {
            if (n.op() instanceof SwiGlu s
                    && onlyReader(s.gate()).isPresent()
                    && onlyReader(s.up()).isPresent()) {
                Node gate = matmul(s.gate());
                Node up = matmul(s.up());
                if (gate != null && up != null && !gate.equals(up) && together(gate, up)) {
                    put(n, new Work.GateUp(gate, up, n));
                }
            }
        }
    }

    private void additions() {
        for (Node n : graph.nodes()) {
            if (!(n.op() instanceof Matmul) || taken.contains(n)) {
                continue;
            }
            int place = graph.nodes().indexOf(n);
            List<Node> adds = new ArrayList<>();
            Value sum = n.outputs().getFirst();
            while (adds.size() < ADDENDS) {
                Value current = sum;
                Optional<Node> next = onlyReader(sum)
                        .filter(r -> r.op() instanceof Add a
                                && !a.a().equals(a.b())
                                && producer.getOrDefault(a.a().equals(current) ? a.b() : a.a(), -1) < place);
                if (next.isEmpty()) {
                    break;
                }
                adds.add(next.get());
                sum = next.get().outputs().getFirst();
            }
            if (!adds.isEmpty()) {
                put(n, new Work.Matmuls(List.of(n), adds));
            }
        }
    }

    private void matrices() {
        Map<Value, List<List<Node>>> groups = new LinkedHashMap<>();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Matmul m && !taken.contains(n)) {
                List<List<Node>> sameInput = groups.computeIfAbsent(m.x(), k -> new ArrayList<>());
                Optional<List<Node>> fitting = sameInput.stream()
                        .filter(g -> g.size() < MATRICES && together(g.getFirst(), n))
                        .findFirst();
                if (fitting.isPresent()) {
                    fitting.get().add(n);
                } else {
                    sameInput.add(new ArrayList<>(List.of(n)));
                }
            }
        }
        groups.values().stream().flatMap(List::stream).forEach(g -> put(g.getFirst(), new Work.Matmuls(g, List.of())));
    }

    /** Whether two products can be one: of one input, with weights that are stored alike and nowhere else in use. */
    private boolean together(Node a, Node b) {
        Matmul first = (Matmul) a.op();
        Matmul second = (Matmul) b.op();
        return first.x().equals(second.x())
                && uses.getOrDefault(first.weight(), 0) == 1
                && uses.getOrDefault(second.weight(), 0) == 1
                && alike(first.weight(), second.weight());
    }

    /** Whether one kernel can read both, one behind the other. */
    public static boolean alike(Weight a, Weight b) {
        BlockScales s = a.scales();
        BlockScales t = b.scales();
        boolean sameScales = (s == null || t == null)
                ? (s == null && t == null)
                : (s.blockRows() == t.blockRows() && s.blockColumns() == t.blockColumns());
        return a.dtype() == b.dtype() && sameScales;
    }

    private void put(Node where, Work work) {
        at.put(graph.nodes().indexOf(where), work);
        taken.addAll(work.nodes());
    }
}
