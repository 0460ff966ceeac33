package consumer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/** A matrix product and a block of routed experts, written by hand and run on a device of one's choice. */
final class SmallGraph {
    private SmallGraph() {}

    /** Both results for two rows of ones, 8 floats each, one after the other. */
    static float[] run(String device) {
        // [readme]
        try (Arena arena = Arena.ofConfined()) {
            GraphBuilder g = new GraphBuilder();
            Value x = g.input("x", TensorSpec.f32(Shape.ROWS, 64)); // [rows, 64]
            Value router = g.matmul(weight(arena, "router", 4, 64), x); // [rows, 4]: four experts
            RoutingRule rule = new RoutingRule(RoutingRule.Scoring.SIGMOID, 1, 1, 2, true, 1f); // two act
            g.output("scores", router);
            g.output("experts", g.expertFeedForward(x, g.routeExperts(router, null, rule),
                    weight(arena, "gate", 4, 32, 64), weight(arena, "up", 4, 32, 64), weight(arena, "down", 4, 64, 32)));
            try (Device open = Backends.open(device);
                    Program program = open.compile(g.build(), new ProgramOptions(2, 2, 2));
                    Sequence sequence = program.newSequence()) {
                program.input("x").asSlice(0, 2 * 64 * 4).fill((byte) 0).setAtIndex(JAVA_FLOAT, 64, 1f);
                Step step = new Step(2);
                step.add(sequence, 2);
                program.run(step);
                float[] scores = program.output("scores").asSlice(0, 2 * 4 * 4).toArray(JAVA_FLOAT);
                float[] experts = program.output("experts").asSlice(0, 2 * 64 * 4).toArray(JAVA_FLOAT);
                System.out.println(open.selector() + ": " + scores[4] + " " + experts[64]);
                return experts;
            }
        }
        // [/readme]
    }

    /** A weight of small random numbers. */
    static Weight weight(Arena arena, String name, long... extents) {
        Shape shape = Shape.of(extents);
        MemorySegment data = arena.allocate(JAVA_FLOAT, shape.elements());
        Random random = new Random(name.hashCode());
        for (long i = 0; i < shape.elements(); i++) {
            data.setAtIndex(JAVA_FLOAT, i, (float) (0.2 * random.nextGaussian()));
        }
        return Weight.of(name, DType.F32, shape, data);
    }
}
