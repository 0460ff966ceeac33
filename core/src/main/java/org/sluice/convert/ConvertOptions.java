package org.sluice.convert;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.sluice.backend.ProgressListener;
import org.sluice.error.InvalidRequestException;

/**
 * How a model is written.
 *
 * @param types an element type for each class of tensors
 * @param threads threads that encode
 * @param splitBytes begin a new file where one would get larger than this
 * @param importance a file of llama.cpp's imatrix tool, in GGUF form
 * @param overwrite whether an existing file may be replaced
 * @param progress hears of bytes written
 * @param notes hears what was decided on the way, a line at a time: types that did not fit, parts that are missing
 */
public record ConvertOptions(
        TypePlan types,
        int threads,
        OptionalLong splitBytes,
        Optional<Path> importance,
        boolean overwrite,
        ProgressListener progress,
        Consumer<String> notes) {
    private static final System.Logger LOG = System.getLogger("org.sluice.convert");

    /** Checks the numbers. */
    public ConvertOptions {
        if (threads < 1 || threads > 1024) {
            throw new InvalidRequestException("threads must be between 1 and 1024, not " + threads);
        }
        if (splitBytes.isPresent() && splitBytes.getAsLong() < 1) {
            throw new InvalidRequestException("files of at most " + splitBytes.getAsLong() + " bytes");
        }
    }

    /** These types, a thread per processor, one file; notes go to the log. */
    public static ConvertOptions of(TypePlan types) {
        return new ConvertOptions(
                types,
                Runtime.getRuntime().availableProcessors(),
                OptionalLong.empty(),
                Optional.empty(),
                false,
                ProgressListener.NONE,
                line -> LOG.log(System.Logger.Level.INFO, line));
    }

    /** These options with other types. */
    public ConvertOptions withTypes(TypePlan plan) {
        return new ConvertOptions(plan, threads, splitBytes, importance, overwrite, progress, notes);
    }

    /** These options with a number of threads. */
    public ConvertOptions withThreads(int n) {
        return new ConvertOptions(types, n, splitBytes, importance, overwrite, progress, notes);
    }

    /** These options with a limit on the size of a file. */
    public ConvertOptions withSplitBytes(long bytes) {
        return new ConvertOptions(types, threads, OptionalLong.of(bytes), importance, overwrite, progress, notes);
    }

    /** These options with an importance matrix. */
    public ConvertOptions withImportance(Path file) {
        return new ConvertOptions(types, threads, splitBytes, Optional.of(file), overwrite, progress, notes);
    }

    /** These options, existing files being replaced or not. */
    public ConvertOptions withOverwrite(boolean replace) {
        return new ConvertOptions(types, threads, splitBytes, importance, replace, progress, notes);
    }

    /** These options with listeners. */
    public ConvertOptions withListeners(ProgressListener listener, Consumer<String> lines) {
        return new ConvertOptions(types, threads, splitBytes, importance, overwrite, listener, lines);
    }
}
