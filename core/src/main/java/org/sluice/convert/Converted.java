package org.sluice.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.sluice.tensor.DType;

/**
 * A model that was written.
 *
 * @param files its files in order
 * @param tensors number of tensors
 * @param parameters elements of all tensors
 * @param types bytes by element type
 */
public record Converted(List<Path> files, int tensors, long parameters, Map<DType, Long> types) {
    /** Copies list and map. */
    public Converted {
        files = List.copyOf(files);
        types = Map.copyOf(types);
    }

    /** Bytes of all tensors. */
    public long bytes() {
        return types.values().stream().mapToLong(Long::longValue).sum();
    }
}
