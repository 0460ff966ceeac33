package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.Embed;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link Embed}: row of the table. */
record EmbedReference(Rows tokens, Weight table, Rows y) implements Exec {
    static EmbedReference of(Embed op, long y, Binding b) {
        return new EmbedReference(
                Rows.of(op.tokens(), b), op.table(), new Rows(y, op.tokens().rows(), (int)
                        op.table().columns()));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            int token = Mem.getInt(tokens.address() + 4L * r);
            if (token < 0 || token >= table.rows()) {
                throw new InvalidRequestException(
                        "token " + token + " in row " + r + " is outside the vocabulary of " + table.rows());
            }
            float[] row = Weights.toFloats(table, 0, token);
            for (int i = 0; i < row.length; i++) {
                y.set(r, i, row[i]);
            }
        }
    }
}
