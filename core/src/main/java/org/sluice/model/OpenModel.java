package org.sluice.model;

import java.nio.file.Path;
import org.sluice.checkpoint.Checkpoint;

/**
 * A model together with the files its weights lie in. Safe for use by several threads; closing it unmaps the files, so
 * programs over its weights must be closed before.
 *
 * @param path what it was opened from
 */
public record OpenModel(Path path, LanguageModel model, Checkpoint checkpoint) implements AutoCloseable {
    @Override
    public void close() {
        checkpoint.close();
    }
}
