package org.sluice.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/**
 * The tensors of an opened model: files mapped into memory, names and extents checked.
 *
 * <p>Safe to read from several threads. Closing it ends the validity of every {@link Weight} taken from it; whoever opened
 * it closes it.
 */
public interface Checkpoint extends AutoCloseable {
    /** What errors call it: the file or folder it was opened from. */
    String name();

    /** Names of all tensors that can be asked for; scales that stand beside a weight are part of that weight. */
    Set<String> tensorNames();

    /** The tensor of this name with its stored extents, if there is one. */
    Optional<Weight> find(String tensor);

    /** Bytes of all tensors. */
    long bytes();

    @Override
    void close();

    /**
     * The tensor of this name, which must have this shape and hold real numbers.
     *
     * @throws CheckpointException where it is missing, has another shape or holds integers
     */
    default Weight require(String tensor, long... extents) {
        Weight w = find(tensor)
                .orElseThrow(() -> new CheckpointException(name() + ": tensor '" + tensor
                        + "' is missing; the files are incomplete or of another architecture"));
        Shape expected = Shape.of(extents);
        if (!w.shape().equals(expected)) {
            throw new CheckpointException(name() + ": tensor '" + tensor + "' is " + w.dtype() + w.shape()
                    + ", but the configuration asks for " + Arrays.toString(extents));
        }
        if (!w.dtype().isReal()) {
            throw new CheckpointException(name() + ": tensor '" + tensor + "' is " + w.dtype() + w.shape()
                    + ", but weights are real numbers; the files are of a format that packs them in integers");
        }
        return w;
    }

    /**
     * The {@code count} matrices {@code [rows, columns]} that {@code pattern} names, as one weight {@code [count, rows,
     * columns]} over their memory; nothing is copied.
     *
     * @param pattern the name of each matrix with {@code {e}} in place of its number, as in {@code
     *     model.layers.3.mlp.experts.{e}.gate_proj.weight}; without {@code {e}} it names one tensor that holds all of them
     * @throws CheckpointException where one is missing, or has another shape, element type or block size of its scales
     */
    default Weight bank(String pattern, int count, long rows, long columns) {
        if (count < 1) {
            throw new IllegalArgumentException("a bank of " + count + " matrices: " + pattern);
        }
        return pattern.contains(MatrixBank.NUMBER)
                ? MatrixBank.gather(this, pattern, count, rows, columns)
                : require(pattern, count, rows, columns);
    }
}
