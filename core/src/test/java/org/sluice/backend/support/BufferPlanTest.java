package org.sluice.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.backend.ProgramOptions;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Node;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

class BufferPlanTest {
    private static final ProgramOptions OPTIONS = new ProgramOptions(7, 3, 64);

    /** Values of many widths that meet in sums and concatenations, some of them read long after they were written. */
    private static Graph graph(SplittableRandom random) {
        GraphBuilder g = new GraphBuilder();
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            values.add(g.input("x" + i, TensorSpec.f32(Shape.ROWS, 1 + random.nextInt(60))));
        }
        for (int i = 0; i < 60; i++) {
            Value a = values.get(values.size() - 1 - random.nextInt(Math.min(values.size(), 9)));
            Value b = values.get(random.nextInt(values.size()));
            values.add(
                    a.width() == b.width() ? g.add(a, b) : a.width() + b.width() < 400 ? g.concat(a, b) : g.add(a, a));
        }
        g.output("y", g.gatherRows(values.getLast()));
        g.output("z", values.get(values.size() / 2));
        return g.build();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsNeededAtOnceLiesApart(int seed) {
        Graph graph = graph(new SplittableRandom(seed));
        BufferPlan plan = BufferPlan.of(graph, OPTIONS, Set.of());
        List<Node> nodes = graph.nodes();
        int[] begin = new int[graph.valueCount()];
        int[] end = new int[graph.valueCount()];
        List<Value> all = new ArrayList<>(graph.inputs().values());
        all.forEach(v -> begin[v.id()] = -1);
        for (int i = 0; i < nodes.size(); i++) {
            int now = i;
            nodes.get(i).op().inputs().forEach(v -> end[v.id()] = now);
            nodes.get(i).outputs().forEach(v -> begin[v.id()] = end[v.id()] = now);
            all.addAll(nodes.get(i).outputs());
        }
        graph.inputs().values().forEach(v -> end[v.id()] = Integer.MAX_VALUE);
        graph.outputs().values().forEach(v -> end[v.id()] = Integer.MAX_VALUE);
        long most = 0;
        for (int i = -1; i <= nodes.size(); i++) {
            long needed = 0;
            for (Value v : all) {
                needed += begin[v.id()] <= i && i <= end[v.id()] ? BufferPlan.size(v, OPTIONS) : 0;
            }
            most = Math.max(most, needed);
        }
        for (Value a : all) {
            assertThat(plan.offset(a) % 64).isZero();
            assertThat(plan.offset(a) + BufferPlan.size(a, OPTIONS)).isLessThanOrEqualTo(plan.bytes());
            for (Value b : all) {
                boolean together = begin[a.id()] <= end[b.id()] && begin[b.id()] <= end[a.id()];
                boolean apart = plan.offset(a) + BufferPlan.size(a, OPTIONS) <= plan.offset(b)
                        || plan.offset(b) + BufferPlan.size(b, OPTIONS) <= plan.offset(a);
                assertThat(a.id() == b.id() || !together || apart)
                        .as("%s and %s", a, b)
                        .isTrue();
            }
        }
        // no plan can do with less than what is needed at once, few with as much
        assertThat(plan.bytes()).isBetween(most, most * 3 / 2);
    }
}
