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
     * The tensor of this name, which must have this shape.
     *
     * @throws CheckpointException where it is missing or has another shape
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
        return w;
    }
}
