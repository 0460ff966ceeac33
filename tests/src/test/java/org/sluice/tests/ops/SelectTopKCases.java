package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sluice.graph.Op;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/** {@link SelectTopK}: over given scores, and behind an indexer, where backends may fuse the two. */
final class SelectTopKCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return SelectTopK.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("SelectTopK");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (int k : new int[] {1, gen.between(2, 20), 64, 300}) {
                for (Scores scores : Scores.values()) {
                    all.add(given(gen, k, scores, layout));
                }
                for (IndexScene.Numbers n :
                        List.of(IndexScene.Numbers.ANY, IndexScene.Numbers.ZERO_WEIGHTS, IndexScene.Numbers.WHOLE)) {
                    all.add(new IndexScene(gen, "top " + k + ", ", n, 2 * gen.between(1, 12), gen.between(1, 6), layout)
                            .select(k)
                            .build());
                }
            }
            all.add(new IndexScene(gen, "shown, ", IndexScene.Numbers.ANY, 16, 3, layout)
                    .showScores()
                    .select(7)
                    .build());
        }
        return all;
    }

    private enum Scores {
        ANY,
        NEGATIVE,
        TIES,
        ZEROS
    }

    /** Scores that are the same numbers everywhere, so choices must be the same as well. */
    private static OpCase given(Gen gen, int k, Scores kind, List<Action> layout) {
        Replay replay = new Replay(layout);
        Single c = new Single("top " + k + " of given scores " + kind, layout);
        Value scores = c.input("scores", TensorSpec.f32(Shape.ROWS, Shape.CONTEXT), (run, r) -> {
            int context = replay.context(run);
            float[] all = new float[r.rows() * context];
            Arrays.fill(all, Float.NEGATIVE_INFINITY);
            for (int row = 0; row < r.rows(); row++) {
                int n = replay.places(run).get(row).position() + 1;
                System.arraycopy(numbers(gen, kind, n), 0, all, row * context, n);
            }
            return new Data.Floats(all);
        });
        c.output("selected", c.graph().selectTopK(scores, k)).expect(Expect.equal("selected"));
        return c.build();
    }

    private static float[] numbers(Gen gen, Scores kind, int n) {
        float[] v = kind == Scores.TIES ? gen.whole(n, -2, 2) : gen.floats(n, 1);
        for (int i = 0; i < n; i++) {
            switch (kind) {
                case NEGATIVE -> v[i] = -Math.abs(v[i]);
                // both zeros are the same number
                case ZEROS -> v[i] = v[i] > 1.5 ? 1 : v[i] > 0 ? 0f : -0f;
                default -> {}
            }
        }
        return v;
    }
}
