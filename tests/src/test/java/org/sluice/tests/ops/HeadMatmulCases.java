package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.HeadMatrix;
import org.sluice.graph.Op;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/** {@link HeadMatmul}: parts of one matrix and banks, both ways round, heads that start inside a block of scales. */
final class HeadMatmulCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return HeadMatmul.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("HeadMatmul");
        List<OpCase> all = new ArrayList<>();
        for (DType t : Gen.realTypes()) {
            for (boolean transposed : new boolean[] {false, true}) {
                all.add(heads(gen, part(gen, t, 0, transposed), Layouts.one()));
                all.add(heads(gen, part(gen, t, 0, transposed), Layouts.few(gen)));
                all.add(heads(gen, bank(gen, t, transposed), Layouts.few(gen)));
            }
        }
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (boolean transposed : new boolean[] {false, true}) {
                all.add(heads(gen, part(gen, DType.F8_E4M3, 128, transposed), layout));
                all.add(heads(gen, part(gen, DType.F8_E4M3, gen.between(3, 20), transposed), layout));
                all.add(heads(gen, bank(gen, DType.BF16, transposed), layout));
                all.add(heads(gen, bank(gen, DType.Q8_0, transposed), Layouts.wanting(layout, gen), true));
            }
        }
        return all;
    }

    private static HeadMatrix part(Gen gen, DType t, int scaleBlock, boolean transposed) {
        int heads = gen.between(1, 9);
        int rows = gen.between(1, 45);
        int first = gen.between(0, 30);
        int stride = first + rows + gen.between(0, 30);
        Weight w = gen.scaled("w", t, scaleBlock, scaleBlock, (long) heads * stride, gen.columns(t));
        return new HeadMatrix(w, heads, stride, first, rows, transposed);
    }

    private static HeadMatrix bank(Gen gen, DType t, boolean transposed) {
        int heads = gen.between(1, 6);
        int rows = gen.between(1, 45);
        Weight w = gen.weight("w", t, heads, rows, gen.columns(t));
        return new HeadMatrix(w, heads, 0, 0, rows, transposed);
    }

    private static OpCase heads(Gen gen, HeadMatrix m, List<Action> layout) {
        return heads(gen, m, layout, false);
    }

    private static OpCase heads(Gen gen, HeadMatrix m, List<Action> layout, boolean outputs) {
        int offset = gen.between(0, 5);
        int head = offset + m.inputWidth() + gen.between(0, 5);
        int width = head * m.heads();
        Single c = new Single(
                m.weight() + ", " + m.heads() + " heads of " + m.rows() + " rows"
                        + (m.transposed() ? " transposed" : "")
                        + (m.weight().scales() == null
                                ? ""
                                : " scales every " + m.weight().scales().blockRows()),
                layout);
        Value x = c.floats("x", width, rows -> gen.rows(rows, width));
        c.output("y", c.graph().headMatmul(m, outputs ? c.graph().gatherRows(x) : x, offset));
        List<Products> products = IntStream.range(0, m.heads())
                .mapToObj(h -> Products.of(m.weight(), m.slice(h), m.startRow(h), m.rows()))
                .toList();
        Single.RowBounds bounds = (run, row, arithmetic) -> {
            double[] e = new double[m.heads() * m.outputWidth()];
            for (int h = 0; h < m.heads(); h++) {
                Products.Bounded in = Products.Bounded.exactly(
                        c.data("x", run).floats(), row * width + h * head + offset, m.inputWidth());
                Products.Bounded y = m.transposed()
                        ? products.get(h).transposedTimes(in, arithmetic)
                        : products.get(h).times(in, arithmetic);
                System.arraycopy(y.errors(), 0, e, h * m.outputWidth(), m.outputWidth());
            }
            return e;
        };
        return (outputs ? c.nearOutputs("y", bounds) : c.near("y", bounds)).build();
    }
}
