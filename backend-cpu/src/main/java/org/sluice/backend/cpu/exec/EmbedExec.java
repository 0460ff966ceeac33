package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.Embed;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link Embed}: widens the rows of the table that the tokens name. */
final class EmbedExec extends RowsExec {
    private final Weight table;
    private final long tokens;
    private final long y;
    private final float[][] row;
    private final byte[][] scratch;

    EmbedExec(Embed op, long y, Binding b) {
        super(op.tokens().rows());
        table = op.table();
        tokens = b.address(op.tokens());
        this.y = y;
        row = new float[b.workers()][Math.toIntExact(table.columns())];
        scratch = new byte[b.workers()][Weights.scratchBytes(table)];
    }

    @Override
    void row(int r, int worker, StepContext step) {
        int token = Mem.getInt(tokens + 4L * r);
        if (token < 0 || token >= table.rows()) {
            throw new InvalidRequestException(
                    "token " + token + " in row " + r + " is outside the vocabulary of " + table.rows());
        }
        float[] values = row[worker];
        Weights.toFloats(table, 0, token, values, 0, scratch[worker]);
        long to = y + 4L * r * values.length;
        for (int i = 0; i < values.length; i++) {
            Mem.putFloat(to + 4L * i, values[i]);
        }
    }
}
