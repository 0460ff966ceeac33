package org.sluice.model;

import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/** Writes the graph of one step of an {@link MlaMoeConfig} model (GLM spec 2). */
final class MlaMoeGraph {
    private final MlaMoeConfig config;
    private final float eps;
    private final GraphBuilder g = new GraphBuilder();
    private final MlaMoeBlock block;
    private final GraphOptions options;

    private MlaMoeGraph(MlaMoeConfig config, GraphOptions options) {
        this.config = config;
        eps = config.rmsNormEps();
        block = new MlaMoeBlock(config, g);
        this.options = options;
        g.caches(options.caches());
    }

    static Graph build(MlaMoeConfig config, MlaMoeWeights w, GraphOptions options) {
        return new MlaMoeGraph(config, options).build(w);
    }

    private Graph build(MlaMoeWeights w) {
        Value tokens = g.input(LanguageModel.TOKENS, TensorSpec.i32(Shape.ROWS));
        Value x = g.scope("embedding").embed(w.embedding(), tokens); // [rows, hidden]
        Value selection = null;
        for (int i = 0; i < w.layers().size(); i++) {
            MlaMoeWeights.Layer layer = w.layers().get(i);
            String name = "layers." + i;
            g.scope(name);
            Value h = g.rmsNorm(x, layer.inputNorm(), eps);
            Value qr = block.compressedQuery(layer, h);
            if (layer.indexer().isPresent()) {
                selection = select(i, block.indexScores(name, layer.indexer().get(), h, qr));
            }
            State.LatentCache cache = block.latentCache(name);
            block.appendLatent(layer, h, cache);
            Value attended = block.attend(layer, qr, selection, cache);
            if (i == w.layers().size() - 1 && !allRows()) {
                // the caches have what they need of the other rows
                attended = g.gatherRows(attended);
                x = g.gatherRows(x);
            }
            x = g.add(x, block.attentionOutput(layer, attended));
            x = g.add(x, mlp(i, layer, g.rmsNorm(x, layer.postAttentionNorm(), eps)));
            trace("hidden." + i, x);
        }
        g.scope("head");
        x = g.rmsNorm(x, w.norm(), eps);
        trace("final", x);
        if (options.hidden()) {
            g.output(LanguageModel.HIDDEN, x);
        }
        Value logits = g.matmul(w.head(), allRows() ? g.gatherRows(x) : x); // [outputs, vocab]
        if (options.picks()) {
            g.output(LanguageModel.PICKED, g.argMax(logits));
        } else {
            g.output(LanguageModel.LOGITS, logits);
        }
        return g.build();
    }

    /** The positions a full layer's indexer chooses, or those the caller gives instead. */
    private Value select(int i, Value scores) {
        int k = config.indexer().orElseThrow().indexTopk();
        if (options.scores()) {
            g.output("scores." + i, scores);
        }
        Value selection = g.selectTopK(scores, k); // [rows, indexTopk]
        trace("selected." + i, selection);
        return options.givenSelections() ? g.input("given." + i, TensorSpec.i32(Shape.ROWS, k)) : selection;
    }

    private Value mlp(int i, MlaMoeWeights.Layer layer, Value m) {
        return switch (layer.mlp()) {
            case MlaMoeWeights.Dense d -> block.gated(d, m);
            case MlaMoeWeights.Sparse s -> {
                GraphBuilder.Route route = block.route(s, m);
                trace("experts." + i, route.experts());
                trace("expert_weights." + i, route.weights());
                yield block.experts(s, m, route);
            }
        };
    }

    /** Whether somebody looks at the last layer's result of rows whose logits nobody wants. */
    private boolean allRows() {
        return options.hidden() || options.trace();
    }

    private void trace(String name, Value v) {
        if (options.trace()) {
            g.output(name, v);
        }
    }
}
