package org.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.sluice.backend.Program;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.HeadMatrix;
import org.sluice.graph.Rope;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.RandomBlocks;

/**
 * Graphs of one operation, several times over, in shapes of a model of middle size: 2048 wide, 16 heads, latents of 512 and 64, 32
 * experts of which 4 are chosen. Copies share their inputs and weights.
 */
final class OpGraphs {
    private static final int WIDTH = 2048;
    private static final int HEADS = 16;
    private static final int LATENT = 512;
    private static final int ROTATED = 64;
    private static final int QUERY = 192;
    private static final int INDEX_HEADS = 32;
    private static final int INDEX_WIDTH = 128;
    private static final int EXPERTS = 32;
    private static final int CHOSEN = 4;
    private static final int INNER = 512;
    private static final int VOCABULARY = 32_768;
    private static final int SELECTED = 512;
    private static final float EPSILON = 1e-5f;
    private static final Rope ROPE = Rope.plain(Rope.Pairing.INTERLEAVED, ROTATED, 10_000);

    private final GraphBuilder g = new GraphBuilder();
    private final Arena arena;
    private final DType type;
    private int weights;

    private OpGraphs(Arena arena, DType type) {
        this.arena = arena;
        this.type = type;
    }

    /**
     * A graph.
     *
     * @param op name of the operation's class
     * @param type of matrices
     * @param copies of the operation
     */
    static Graph of(String op, DType type, int copies, Arena arena) {
        OpGraphs all = new OpGraphs(arena, type);
        all.add(op, copies);
        return all.g.build();
    }

    private void add(String op, int copies) {
        Runnable one = switch (op) {
            case "Add" -> {
                Value a = rows("a", WIDTH);
                Value b = rows("b", WIDTH);
                yield () -> g.add(a, b);
            }
            case "SwiGlu" -> {
                Value a = rows("gate", WIDTH);
                Value b = rows("up", WIDTH);
                yield () -> g.swiGlu(a, b);
            }
            case "Concat" -> {
                Value a = rows("a", WIDTH);
                Value b = rows("b", WIDTH);
                yield () -> g.concat(a, b);
            }
            case "GatherRows" -> {
                Value x = rows("x", WIDTH);
                yield () -> g.gatherRows(x);
            }
            case "RmsNorm" -> {
                Value x = rows("x", WIDTH);
                Weight w = vector(WIDTH);
                yield () -> g.rmsNorm(x, w, EPSILON);
            }
            case "LayerNorm" -> {
                Value x = rows("x", WIDTH);
                Weight w = vector(WIDTH);
                Weight b = vector(WIDTH);
                yield () -> g.layerNorm(x, w, b, EPSILON);
            }
            case "Embed" -> {
                Value tokens = g.input("tokens", TensorSpec.i32(Shape.ROWS));
                Weight table = matrix(VOCABULARY, WIDTH);
                yield () -> g.embed(table, tokens);
            }
            case "Matmul" -> {
                Value x = rows("x", WIDTH);
                Weight w = matrix(WIDTH, WIDTH);
                yield () -> g.matmul(w, x);
            }
            case "HeadMatmul" -> {
                Value x = rows("x", HEADS * LATENT);
                int stride = 2 * INDEX_WIDTH;
                Weight w = matrix(HEADS * stride, LATENT);
                HeadMatrix m = new HeadMatrix(w, HEADS, stride, INDEX_WIDTH, INDEX_WIDTH, false);
                yield () -> g.headMatmul(m, x, 0);
            }
            case "ApplyRope" -> {
                Value x = rows("x", HEADS * QUERY);
                yield () -> g.rope(x, HEADS, QUERY - ROTATED, ROPE);
            }
            case "AppendLatent" -> {
                Value x = rows("x", LATENT + ROTATED);
                Weight w = vector(LATENT);
                State.LatentCache c = g.latentCache("latents", LATENT, ROTATED);
                yield () -> g.appendLatent(x, w, EPSILON, ROPE, c);
            }
            case "LatentAttention" -> {
                Value ql = rows("queryLatent", HEADS * LATENT);
                Value q = rows("query", HEADS * QUERY);
                State.LatentCache c = g.latentCache("latents", LATENT, ROTATED);
                g.appendLatent(rows("x", LATENT + ROTATED), vector(LATENT), EPSILON, ROPE, c);
                yield () -> g.latentAttention(ql, q, QUERY - ROTATED, null, c, 0.05f);
            }
            case "AppendIndexKey" -> {
                Value x = rows("x", INDEX_WIDTH);
                Weight w = vector(INDEX_WIDTH);
                Weight b = vector(INDEX_WIDTH);
                State.IndexKeyCache c = g.indexKeyCache("keys", INDEX_WIDTH);
                yield () -> g.appendIndexKey(x, w, b, EPSILON, ROPE, c);
            }
            case "IndexScores" -> {
                Value q = rows("query", INDEX_HEADS * INDEX_WIDTH);
                Value w = rows("weights", INDEX_HEADS);
                State.IndexKeyCache c = g.indexKeyCache("keys", INDEX_WIDTH);
                g.appendIndexKey(rows("x", INDEX_WIDTH), vector(INDEX_WIDTH), vector(INDEX_WIDTH), EPSILON, ROPE, c);
                yield () -> g.output("scores" + weights++, g.indexScores(q, w, c, 0.1f));
            }
            case "SelectTopK" -> {
                Value scores = g.input("scores", TensorSpec.f32(Shape.ROWS, Shape.CONTEXT));
                yield () -> g.selectTopK(scores, SELECTED);
            }
            case "RouteExperts" -> {
                Value logits = rows("logits", EXPERTS);
                Weight bias = vector(EXPERTS);
                RoutingRule rule = new RoutingRule(RoutingRule.Scoring.SIGMOID, 1, 1, CHOSEN, true, 1);
                yield () -> g.routeExperts(logits, bias, rule);
            }
            case "ExpertFeedForward" -> {
                Value x = rows("x", WIDTH);
                GraphBuilder.Route route = new GraphBuilder.Route(
                        g.input("experts", TensorSpec.i32(Shape.ROWS, CHOSEN)), rows("shares", CHOSEN));
                Weight gate = bank(INNER, WIDTH);
                Weight up = bank(INNER, WIDTH);
                Weight down = bank(WIDTH, INNER);
                yield () -> g.expertFeedForward(x, route, gate, up, down);
            }
            case "ArgMax" -> {
                Value x = rows("x", VOCABULARY);
                yield () -> g.argMax(x);
            }
            case "TopLogits" -> {
                Value x = rows("x", VOCABULARY);
                yield () -> g.topLogits(x, 64);
            }
            default -> throw new IllegalArgumentException("no benchmark of an operation " + op);
        };
        for (int i = 0; i < copies; i++) {
            one.run();
        }
    }

    private Value rows(String name, int width) {
        return g.input(name, TensorSpec.f32(Shape.ROWS, width));
    }

    private Weight vector(int n) {
        return weight(DType.F32, Shape.of(n));
    }

    private Weight matrix(int rows, int columns) {
        return weight(type, Shape.of(rows, columns));
    }

    private Weight bank(int rows, int columns) {
        return weight(type, Shape.of(EXPERTS, rows, columns));
    }

    private Weight weight(DType dtype, Shape shape) {
        MemorySegment data = arena.allocate(dtype.bytes(shape.elements()), 64);
        RandomBlocks.of(dtype, 0.02).fill(data, weights);
        return Weight.of("w" + weights++, dtype, shape, data);
    }

    /** Random numbers, ids that every table holds, and experts that are chosen once. */
    static void fill(Graph graph, Program program, int rows) {
        Random random = new Random(1);
        graph.inputs().forEach((name, v) -> {
            MemorySegment to = program.input(name);
            long n = v.spec().dtype() == DType.I32
                    ? (long) rows * (v.spec().shape().rank() > 1 ? v.width() : 1)
                    : to.byteSize() / 4;
            for (long i = 0; i < n; i++) {
                if (v.spec().dtype() == DType.I32) {
                    to.setAtIndex(ValueLayout.JAVA_INT, i, (int) (i * 7 % EXPERTS));
                } else {
                    to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
                }
            }
        });
    }
}
