package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Rows of the embedding table.
 *
 * <p>{@code y[r] = table[tokens[r]]}, widened to F32.
 *
 * @param table {@code [vocabulary, width]}, any real type
 * @param tokens I32 {@code [rows]}; a token outside the table fails the step
 */
public record Embed(Weight table, Value tokens) implements Op {
    /** Checks the shapes. */
    public Embed {
        Op.check(table.shape().rank() == 2, "Embed: table %s is no matrix", table);
        Op.check(Op.isInts(tokens, 1), "Embed: tokens must be I32 [rows], not %s", tokens);
    }

    @Override
    public List<Value> inputs() {
        return List.of(tokens);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(tokens.rows(), table.columns()));
    }

    @Override
    public List<Weight> constants() {
        return List.of(table);
    }
}
