package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * A matrix of its own for every head. With the key half of the latent's up-projection this absorbs the query into the latent
 * space; with the value half it expands the attended latent (DeepSeek-V2, arXiv 2405.04434, section 2.1.2).
 *
 * <p>{@code y[r][h] = W_h · x[r][h]}, or {@code W_hᵀ · x[r][h]} where the matrix is {@link HeadMatrix#transposed()}.
 *
 * @param matrix the heads' matrices
 * @param x F32 {@code [rows, heads · n]}; of each head's n elements the {@code inputWidth} from {@code offset} are used
 * @param offset where a head's input starts
 */
public record HeadMatmul(HeadMatrix matrix, Value x, int offset) implements Op {
    /** Checks the shapes. */
    public HeadMatmul {
        Op.check(
                Op.isFloats(x)
                        && x.width() % matrix.heads() == 0
                        && offset >= 0
                        && offset + matrix.inputWidth() <= x.width() / matrix.heads(),
                "HeadMatmul: %s does not fit %s at " + offset,
                x,
                matrix);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(x.rows(), (long) matrix.heads() * matrix.outputWidth()));
    }

    @Override
    public List<Weight> constants() {
        return List.of(matrix.weight());
    }
}
