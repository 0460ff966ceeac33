package org.sluice.convert;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/**
 * How much each column of a tensor counts: the mean square of the activations that met it, as llama.cpp's {@code imatrix}
 * tool stores it in GGUF files: for tensor {@code X} the sums {@code X.in_sum2 [matrices, columns]} and numbers of rows
 * {@code X.counts [matrices, 1]}. Immutable.
 */
final class Importance {
    private static final String SUMS = ".in_sum2";
    private static final String COUNTS = ".counts";
    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final Map<String, float[][]> means;

    private Importance(String file, Map<String, float[][]> means) {
        this.file = file;
        this.means = means;
    }

    /**
     * Reads a file.
     *
     * @throws CheckpointException where it is no importance matrix in GGUF form
     */
    static Importance open(Path path) {
        try (GgufCheckpoint in = GgufCheckpoint.open(path)) {
            Map<String, float[][]> means = new LinkedHashMap<>();
            for (String name : in.tensorNames()) {
                if (name.endsWith(SUMS)) {
                    String tensor = name.substring(0, name.length() - SUMS.length());
                    means.put(tensor, means(in, tensor));
                }
            }
            if (means.isEmpty()) {
                throw new CheckpointException(path + " holds no tensor '*" + SUMS
                        + "'; an importance matrix is what llama.cpp's imatrix tool writes as GGUF");
            }
            return new Importance(path.toString(), means);
        }
    }

    private static float[][] means(GgufCheckpoint in, String tensor) {
        Weight sums = required(in, tensor + SUMS);
        Weight counts = required(in, tensor + COUNTS);
        int matrices = (int) counts.elements();
        if (sums.rows() != matrices) {
            throw new CheckpointException(
                    in.name() + ": " + sums + " should have a row for each of the numbers in " + counts);
        }
        int columns = Math.toIntExact(sums.columns());
        float[][] all = new float[matrices][columns];
        for (int m = 0; m < matrices; m++) {
            float count = counts.data().getAtIndex(LE_FLOAT, m);
            for (int c = 0; c < columns; c++) {
                float sum = sums.data().getAtIndex(LE_FLOAT, (long) m * columns + c);
                // an expert that never ran says nothing: all its columns count the same
                all[m][c] = count > 0 ? sum / count : 1;
                if (!(all[m][c] >= 0 && all[m][c] <= Float.MAX_VALUE)) {
                    throw new CheckpointException(in.name() + ": tensor '" + sums.name() + "': element " + c
                            + " of matrix " + m + " is " + sum + " over " + count + " rows");
                }
            }
        }
        return all;
    }

    private static Weight required(GgufCheckpoint in, String name) {
        Weight w = in.find(name)
                .orElseThrow(() -> new CheckpointException(in.name() + ": tensor '" + name + "' is missing"));
        if (w.dtype() != DType.F32 || w.shape().rank() > 2) {
            throw new CheckpointException(in.name() + ": " + w + " should be an F32 matrix");
        }
        return w;
    }

    /** Whether there is something about a tensor. */
    boolean covers(String tensor) {
        return means.containsKey(tensor);
    }

    /**
     * The columns of each matrix of a tensor; one for all where only one is stored.
     *
     * @throws CheckpointException where the file is about a tensor of another shape
     */
    Optional<float[][]> of(String tensor, long matrices, long columns) {
        float[][] found = means.get(tensor);
        if (found == null) {
            return Optional.empty();
        }
        if ((found.length != matrices && found.length != 1) || found[0].length != columns) {
            throw new CheckpointException(file + ": importance of '" + tensor + "' is for " + found.length
                    + " matrices of " + found[0].length + " columns, the model has " + matrices + " of " + columns);
        }
        return Optional.of(found);
    }
}
