package org.sluice.backend.opencl;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jocl.cl_kernel;
import org.sluice.backend.support.PageLayout;
import org.sluice.graph.Add;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.ArgMax;
import org.sluice.graph.Concat;
import org.sluice.graph.Embed;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.GatherRows;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.Matmul;
import org.sluice.graph.Node;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.Rope;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.RoutingRule;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.State;
import org.sluice.graph.SwiGlu;
import org.sluice.graph.TopLogits;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/** Turns work into commands: picks kernels and sets their arguments, once. */
final class Emitter {
    private final KernelLibrary kernels;
    private final WeightStore store;
    private final PageLayout pages;
    private final Map<Value, DeviceBuffer> places;
    private final DeviceBuffer step;
    private final Map<Value, Integer> unscored;
    private final Grids grids;
    private final Map<Rope, Integer> ropes = new LinkedHashMap<>();
    private final List<WeightStore.Shared> held;
    private final List<Command> commands;

    /**
     * An emitter.
     *
     * @param unscored for scores that only a selection reads, how long a context it takes without looking at them
     * @param held collects the weights that the commands use
     * @param commands collects the commands
     */
    Emitter(
            KernelLibrary kernels,
            WeightStore store,
            PageLayout pages,
            Map<Value, DeviceBuffer> places,
            DeviceBuffer step,
            List<Rope> ropes,
            Map<Value, Integer> unscored,
            Grids grids,
            List<WeightStore.Shared> held,
            List<Command> commands) {
        this.kernels = kernels;
        this.store = store;
        this.pages = pages;
        this.places = places;
        this.step = step;
        this.unscored = unscored;
        this.grids = grids;
        this.held = held;
        this.commands = commands;
        ropes.forEach(r -> this.ropes.put(r, this.ropes.size()));
    }

    void emit(Work work) {
        switch (work) {
            case Work.Plain p -> plain(p);
            case Work.Matmuls m -> matmuls(m);
            case Work.GateUp g -> gateUp(g);
            case Work.Scratched s -> scratched(s);
        }
    }

    private void plain(Work.Plain w) {
        Node n = w.node();
        switch (n.op()) {
            case Embed op -> embed(w, op, n);
            case RmsNorm op -> {
                Kernel k = kernel("rows.cl", "rms_norm");
                k.args.buffer(at(op.x()))
                        .buffer(vector(op.weight()))
                        .buffer(out(n, 0))
                        .number(op.x().width())
                        .number(op.epsilon());
                rows(w, k, op.x().rows());
            }
            case LayerNorm op -> {
                Kernel k = kernel("rows.cl", "layer_norm");
                k.args.buffer(at(op.x()))
                        .buffer(vector(op.weight()))
                        .buffer(vector(op.bias()))
                        .buffer(out(n, 0))
                        .number(op.x().width())
                        .number(op.epsilon());
                rows(w, k, op.x().rows());
            }
            case Add op -> pair(w, "add_rows", op.a(), op.b(), n);
            case SwiGlu op -> pair(w, "swiglu", op.gate(), op.up(), n);
            case Concat op -> {
                Kernel k = kernel("rows.cl", "concat");
                k.args.buffer(at(op.a()))
                        .buffer(at(op.b()))
                        .buffer(out(n, 0))
                        .number(op.a().width())
                        .number(op.b().width());
                rows(w, k, op.a().rows());
            }
            case GatherRows op -> {
                Kernel k = kernel("rows.cl", "gather_rows");
                k.args.buffer(at(op.x()))
                        .buffer(out(n, 0))
                        .number(op.x().width())
                        .buffer(step);
                rows(w, k, Shape.OUTPUTS);
            }
            case ApplyRope op -> {
                Kernel k = kernel("rope.cl", "apply_rope");
                k.args.buffer(at(op.x()))
                        .buffer(out(n, 0))
                        .number(op.heads())
                        .number(op.headWidth())
                        .number(op.offset());
                rotation(k, op.rope()).buffer(step);
                rows(w, k, op.x().rows());
            }
            case AppendLatent op -> {
                Kernel k = kernel("append.cl", "append_latent");
                k.args.buffer(at(op.x()))
                        .buffer(vector(op.weight()))
                        .number(op.epsilon())
                        .number(op.cache().latent());
                slabs(rotation(k, op.rope()), op.cache()).buffer(step);
                rows(w, k, op.x().rows());
            }
            case AppendIndexKey op -> {
                Kernel k = kernel("append.cl", "append_index_key");
                k.args.buffer(at(op.x()))
                        .buffer(vector(op.weight()))
                        .buffer(vector(op.bias()))
                        .number(op.epsilon())
                        .number(op.x().width());
                slabs(rotation(k, op.rope()), op.cache()).buffer(step);
                rows(w, k, op.x().rows());
            }
            case IndexScores op -> {
                Kernel k = kernel("index_scores.cl", "index_scores");
                k.args.buffer(at(op.query()))
                        .buffer(at(op.weights()))
                        .buffer(out(n, 0))
                        .number(op.heads())
                        .number(op.cache().width())
                        .number(op.scale());
                slabs(k.args, op.cache()).buffer(step);
                int skip = unscored.getOrDefault(n.outputs().getFirst(), 0);
                add(
                        w,
                        k,
                        Launch.of(grids.positions(), Axis.of(op.query().rows())).skippingUpTo(skip));
            }
            case SelectTopK op -> {
                Kernel k = kernel("select.cl", "select_top_k");
                k.args.buffer(at(op.scores())).buffer(out(n, 0)).number(op.k()).buffer(step);
                rows(w, k, op.scores().rows());
            }
            case LatentAttention op -> attention(w, op, n);
            case HeadMatmul op -> heads(w, op, n);
            case RouteExperts op -> route(w, op, n);
            case ArgMax op -> {
                Kernel k = kernel("rows.cl", "arg_max");
                k.args.buffer(at(op.x())).buffer(out(n, 0)).number(op.x().width());
                rows(w, k, op.x().rows());
            }
            case Matmul op -> throw new IllegalStateException(op + " is lowered with others of its kind");
            case ExpertFeedForward op -> throw new IllegalStateException(op + " needs scratch");
            case TopLogits op -> throw new IllegalStateException(op + " needs scratch");
        }
    }

    private void pair(Work w, String name, Value a, Value b, Node n) {
        Kernel k = kernel("rows.cl", name);
        k.args.buffer(at(a)).buffer(at(b)).buffer(out(n, 0)).number(a.width());
        rows(w, k, a.rows());
    }

    private void embed(Work w, Embed op, Node n) {
        WeightStore.Matrices m = matrices(List.of(op.table()));
        Kernel k = kernel("embed.cl", m, "embed");
        k.args.buffer(at(op.tokens()))
                .buffer(out(n, 0))
                .number((int) op.table().columns())
                .number(op.table().rowBytes())
                .number(Math.toIntExact(op.table().rows()));
        rows(w, k, op.tokens().rows());
    }

    private void attention(Work w, LatentAttention op, Node n) {
        Kernel k = kernel("latent_attention.cl", "latent_attention");
        Value selection = op.selection();
        k.args.buffer(at(op.queryLatent())).buffer(at(op.query()));
        if (selection == null) {
            k.args.nothing();
        } else {
            k.args.buffer(at(selection));
        }
        k.args.buffer(out(n, 0))
                .number(op.heads())
                .number(op.cache().latent())
                .number(op.cache().rope())
                .number(op.query().width() / op.heads())
                .number(op.ropeOffset())
                .number(selection == null ? 0 : selection.width())
                .number(op.scale());
        slabs(k.args, op.cache()).buffer(step);
        add(w, k, Launch.of(Axis.of(op.heads()), Axis.of(op.queryLatent().rows())));
    }

    private void heads(Work w, HeadMatmul op, Node n) {
        var hm = op.matrix();
        Weight weight = hm.weight();
        boolean bank = weight.shape().rank() == 3;
        WeightStore.Matrices m = matrices(List.of(weight));
        Kernel k = kernel("head_matmul.cl", m, hm.transposed() ? "head_matmul_transposed" : "head_matmul");
        k.args.buffer(at(op.x()))
                .buffer(out(n, 0))
                .number(hm.heads())
                .number(op.x().width() / hm.heads())
                .number(op.offset())
                .number(bank ? hm.rows() : hm.headStride())
                .number(hm.firstRow())
                .number(hm.rows())
                .number((int) weight.columns())
                .number(weight.rowBytes());
        int work = hm.transposed() ? Math.ceilDiv((int) weight.columns(), 16) : hm.rows();
        add(w, k, Launch.of(grids.headPieces(hm.heads(), work), Axis.of(op.x().rows())));
    }

    private void route(Work w, RouteExperts op, Node n) {
        RoutingRule rule = op.rule();
        Weight bias = op.bias();
        Kernel k = kernel("route.cl", "route_experts");
        k.args.buffer(at(op.logits()));
        if (bias == null) {
            k.args.nothing();
        } else {
            k.args.buffer(vector(bias));
        }
        k.args.buffer(out(n, 0))
                .buffer(out(n, 1))
                .number(op.logits().width())
                .number(bias == null ? 0 : 1)
                .number(rule.scoring() == RoutingRule.Scoring.SOFTMAX ? 1 : 0)
                .number(rule.groups())
                .number(rule.topGroups())
                .number(rule.topK())
                .number(rule.normalise() ? 1 : 0)
                .number(rule.scale());
        rows(w, k, op.logits().rows());
    }

    private void matmuls(Work.Matmuls w) {
        WeightStore.Matrices m = matrices(w.weights());
        List<Value> results = w.results();
        List<Value> addends = w.addends();
        int[] ends = new int[4];
        int total = 0;
        for (int i = 0; i < 4; i++) {
            total += i < w.weights().size() ? Math.toIntExact(w.weights().get(i).rows()) : 0;
            ends[i] = total;
        }
        for (boolean many : new boolean[] {false, true}) {
            Kernel k = kernel("matmul.cl", m, many ? "matmul_many" : "matmul_one");
            k.args.buffer(at(w.x()));
            for (int i = 0; i < 4; i++) {
                k.args.buffer(at(results.get(Math.min(i, results.size() - 1))));
            }
            k.args.number(ends[0]).number(ends[1]).number(ends[2]);
            for (int i = 0; i < 2; i++) {
                if (i < addends.size()) {
                    k.args.buffer(at(addends.get(i)));
                } else {
                    k.args.nothing();
                }
            }
            k.args.number(addends.size())
                    .number(w.x().width())
                    .number(w.weights().getFirst().rowBytes())
                    .number(total)
                    .number(symbol(w.x()))
                    .buffer(step);
            oneOrMany(w, k, total, w.x().rows(), many);
        }
    }

    private void gateUp(Work.GateUp w) {
        WeightStore.Matrices m = matrices(w.weights());
        int inner = Math.toIntExact(w.weights().getFirst().rows());
        for (boolean many : new boolean[] {false, true}) {
            Kernel k = kernel("matmul.cl", m, many ? "gate_up_many" : "gate_up_one");
            k.args.buffer(at(w.x()))
                    .buffer(at(w.swiglu().outputs().getFirst()))
                    .number(w.x().width())
                    .number(w.weights().getFirst().rowBytes())
                    .number(inner)
                    .number(symbol(w.x()))
                    .buffer(step);
            oneOrMany(w, k, inner, w.x().rows(), many);
        }
    }

    private void oneOrMany(Work w, Kernel k, int matrixRows, long extent, boolean many) {
        Axis y = many ? new Axis(extent, 1, Grids.TILE) : Axis.of(extent);
        Launch launch = Launch.of(grids.matrixRows(matrixRows), y);
        add(w, k, many ? launch.forRows(extent, 2, Integer.MAX_VALUE) : launch.forRows(extent, 1, 1));
    }

    private void scratched(Work.Scratched w) {
        switch (w.node().op()) {
            case ExpertFeedForward op -> experts(w, op);
            case TopLogits op -> topLogits(w, op);
            default -> throw new IllegalStateException(w + " needs no scratch");
        }
    }

    private void topLogits(Work.Scratched w, TopLogits op) {
        Kernel k = kernel("select.cl", "top_logits");
        k.args.buffer(at(op.x()))
                .buffer(out(w.node(), 0))
                .buffer(out(w.node(), 1))
                .buffer(at(w.scratch()))
                .number(op.x().width())
                .number(op.k());
        rows(w, k, op.x().rows());
    }

    private void experts(Work.Scratched w, ExpertFeedForward op) {
        Node n = w.node();
        int k = op.experts().width();
        int inner = Math.toIntExact(op.gate().rows());
        if (op.gate() != op.up() && Lowering.alike(op.gate(), op.up())) {
            inner(w, op, List.of(op.gate(), op.up()), 0, inner, k);
        } else {
            inner(w, op, List.of(op.up()), 1, inner, k);
            inner(w, op, List.of(op.gate()), 2, inner, k);
        }
        Kernel down = kernel("experts.cl", matrices(List.of(op.down())), "expert_down");
        int width = op.x().width();
        down.args
                .buffer(at(w.scratch()))
                .buffer(at(op.experts()))
                .buffer(at(op.weights()))
                .buffer(out(n, 0))
                .number(inner)
                .number(op.down().rowBytes())
                .number(width)
                .number(k);
        add(w, down, Launch.of(grids.matrixRows(width), Axis.of(op.x().rows())));
    }

    private void inner(Work.Scratched w, ExpertFeedForward op, List<Weight> banks, int mode, int inner, int k) {
        Kernel kernel = kernel("experts.cl", matrices(banks), "expert_inner");
        kernel.args
                .buffer(at(op.x()))
                .buffer(at(op.experts()))
                .buffer(at(w.scratch()))
                .number(mode)
                .number(op.x().width())
                .number(banks.getFirst().rowBytes())
                .number(inner)
                .number(k);
        add(w, kernel, Launch.of(grids.matrixRows(inner), new Axis(op.x().rows(), k, 1)));
    }

    /** A kernel whose arguments are being set. */
    private record Kernel(cl_kernel kernel, Arguments args) {}

    private Kernel kernel(String file, String name) {
        cl_kernel k = kernels.kernel(file, name);
        return new Kernel(k, new Arguments(k, store.nothing()));
    }

    private Kernel kernel(String file, WeightStore.Matrices m, String name) {
        cl_kernel k = kernels.kernel(file, m.type(), m.scaled(), name);
        return new Kernel(k, new Arguments(k, store.nothing()).matrices(m));
    }

    private void rows(Work w, Kernel k, long extent) {
        add(w, k, Launch.of(Axis.of(extent), Axis.of(1)));
    }

    private void add(Work w, Kernel k, Launch launch) {
        commands.add(new Command(w, k.kernel, launch, kernels.group(), k.args.firstSlab()));
    }

    private Arguments rotation(Kernel k, Rope rope) {
        Integer index = ropes.get(rope);
        if (index == null) {
            throw new IllegalStateException("rotation " + rope + " has no number");
        }
        return k.args.number(rope.dims() / 2)
                .number(rope.pairing() == Rope.Pairing.HALF_SPLIT ? 1 : 0)
                .number(index);
    }

    private Arguments slabs(Arguments args, State s) {
        return args.slabs(pages.bytes() / 4, pages.offset(s) / 4);
    }

    private DeviceBuffer at(Value v) {
        DeviceBuffer b = places.get(v);
        if (b == null) {
            throw new IllegalStateException(v + " has no place");
        }
        return b;
    }

    private DeviceBuffer out(Node n, int i) {
        return at(n.outputs().get(i));
    }

    private static int symbol(Value v) {
        return Math.toIntExact(v.rows());
    }

    private WeightStore.Matrices matrices(List<Weight> weights) {
        WeightStore.Matrices m = store.matrices(weights);
        held.add(m);
        return m;
    }

    private DeviceBuffer vector(Weight w) {
        WeightStore.Vector v = store.vector(w);
        held.add(v);
        return v.data;
    }
}
