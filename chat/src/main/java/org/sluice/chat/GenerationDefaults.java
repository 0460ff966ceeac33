package org.sluice.chat;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the model's makers recommend for sampling, where they say so.
 *
 * @param stopIds tokens that end a turn
 */
public record GenerationDefaults(
        OptionalDouble temperature,
        OptionalDouble topP,
        OptionalInt topK,
        OptionalDouble repetitionPenalty,
        Set<Integer> stopIds) {
    public GenerationDefaults {
        stopIds = Set.copyOf(stopIds);
    }

    /** Nothing but the tokens that end a turn. */
    public static GenerationDefaults of(Set<Integer> stopIds) {
        return new GenerationDefaults(
                OptionalDouble.empty(), OptionalDouble.empty(), OptionalInt.empty(), OptionalDouble.empty(), stopIds);
    }
}
