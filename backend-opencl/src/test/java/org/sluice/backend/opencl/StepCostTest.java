package org.sluice.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.graph.Node;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/** What a step of the demonstration model costs beside its arithmetic: commands and buffers. */
class StepCostTest {
    private static final int MOST_COMMANDS = 25;

    @Test
    void aLayerTakesFewCommands() {
        try (OpenModel model = Models.open(Anywhere.demoModel());
                OpenClDevice device = Anywhere.device()) {
            Graph graph = model.model().graph(GraphOptions.DEFAULT);
            List<String> layers = layers(graph);
            assertThat(layers).isNotEmpty();
            try (OpenClProgram program =
                    device.compile(graph, new ProgramOptions(64, 1, 4096), ProgressListener.NONE, null)) {
                for (String layer : layers) {
                    long operations = graph.nodes().stream()
                            .filter(n -> n.scope().equals(layer))
                            .count();
                    for (int rows : new int[] {1, 2, 64}) {
                        // a short context, and one that must be scored and selected from
                        for (int context : new int[] {64, 4096}) {
                            assertThat(program.commands(layer, rows, 1, context))
                                    .as("commands of %s with %d rows, context %d", layer, rows, context)
                                    .isBetween(1L, (long) MOST_COMMANDS)
                                    .isLessThan(operations);
                        }
                    }
                }
            }
        }
    }

    private static List<String> layers(Graph graph) {
        Stream<String> scopes = graph.nodes().stream().map(Node::scope);
        return scopes.filter(s -> s.startsWith("layers.")).distinct().toList();
    }

    @Test
    void stepsAllocateNoBuffer() {
        int most = 700;
        try (OpenModel model = Models.open(Anywhere.demoModel());
                OpenClDevice device = Anywhere.device();
                OpenClProgram program = device.compile(
                        model.model().graph(GraphOptions.DEFAULT),
                        new ProgramOptions(256, 1, most),
                        ProgressListener.NONE,
                        null);
                Sequence s = program.newSequence()) {
            Step step = new Step(256);
            run(program, step, s, 1);
            long before = DeviceBuffer.made();
            // across pages, and from a prompt's rows back to one
            for (int rows : new int[] {1, 2, 7, 64, 256, 1, 1, 256, 3}) {
                run(program, step, s, rows);
            }
            while (s.length() < most) {
                run(program, step, s, 1);
            }
            assertThat(DeviceBuffer.made()).isEqualTo(before);
        }
    }

    private static void run(OpenClProgram program, Step step, Sequence s, int rows) {
        step.clear().add(s, rows);
        step.want(rows - 1);
        for (int i = 0; i < rows; i++) {
            program.input(LanguageModel.TOKENS).setAtIndex(ValueLayout.JAVA_INT, i, 5 + (s.length() + i) % 200);
        }
        program.run(step);
    }
}
