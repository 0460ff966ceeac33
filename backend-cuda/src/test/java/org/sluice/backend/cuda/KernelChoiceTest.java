package org.sluice.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.kernels.Emitter;
import org.sluice.backend.support.kernels.GraphFacts;
import org.sluice.backend.support.kernels.Grids;
import org.sluice.backend.support.kernels.Lowering;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/** Fast kernels run where their shapes allow, and one matrix has one family of kernels. */
class KernelChoiceTest {
    private static List<KernelChoice> choices(Graph graph, boolean exact) {
        return Emitter.calls(
                        new Lowering(graph), new PageLayout(graph), new GraphFacts(graph), new Grids(64, 8, 256, 4))
                .stream()
                .map(c -> KernelChoice.of(c, exact))
                .toList();
    }

    private static List<String> images(Graph graph, boolean exact) {
        return choices(graph, exact).stream()
                .map(KernelChoice::image)
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "Q4_K, 256, 0, false, gemv-Q4_K",
        "Q4_K, 256, 0, true, matmul-Q4_K",
        "BF16, 48, 0, true, gemv-BF16",
        "BF16, 50, 0, false, matmul-BF16",
        "BF16, 256, 128, false, matmul-BF16-scaled",
        "F8_E4M3, 256, 128, true, gemv-F8_E4M3-scaled",
        "F8_E4M3, 256, 40, true, matmul-F8_E4M3-scaled",
    })
    void productsGoByTypeAndWidth(DType type, int columns, int block, boolean exact, String image) {
        try (Arena arena = Arena.ofConfined()) {
            BlockScales scales = block == 0
                    ? null
                    : new BlockScales(block, block, List.of(arena.allocate(4L * Math.ceilDiv(columns, block))));
            Weight weight = new Weight(
                    "w", type, Shape.of(16, columns), List.of(arena.allocate(type.bytes(16L * columns), 64)), scales);
            GraphBuilder g = new GraphBuilder();
            g.output("y", g.matmul(weight, g.input("x", TensorSpec.f32(Shape.ROWS, columns))));
            assertThat(images(g.build(), exact)).containsExactly(image);
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 16, attention_fast", "66, 16, latent_attention"})
    void attentionGoesByItsExtents(int latent, int rope, String image) {
        GraphBuilder g = new GraphBuilder();
        State.LatentCache cache = g.latentCache("latent", latent, rope);
        Value query = g.input("query", TensorSpec.f32(Shape.ROWS, 12L * rope));
        Value queryLatent = g.input("queryLatent", TensorSpec.f32(Shape.ROWS, 12L * latent));
        g.output("y", g.latentAttention(queryLatent, query, 0, null, cache, 1));
        assertThat(choices(g.build(), true))
                .singleElement()
                .satisfies(c -> assertThat(c.image()).isEqualTo(image))
                .satisfies(c -> assertThat(c.shape().x().groups(1, 1, 1)).isEqualTo(latent % 4 == 0 ? 2 : 12));
    }

    @Test
    void selectionsRunInLargeBlocks() {
        GraphBuilder g = new GraphBuilder();
        g.output("y", g.selectTopK(g.input("scores", TensorSpec.f32(Shape.ROWS, Shape.CONTEXT)), 8));
        assertThat(choices(g.build(), true))
                .singleElement()
                .satisfies(c -> assertThat(c.image()).isEqualTo("select_fast"))
                .satisfies(c -> assertThat(c.shape().block()).isEqualTo(1024));
    }
}
