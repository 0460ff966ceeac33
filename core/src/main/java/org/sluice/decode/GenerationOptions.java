package org.sluice.decode;

import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;

/**
 * What a generation should do.
 *
 * @param maxTokens most tokens to generate
 * @param stopTokens tokens that end it; the ending token is part of the result
 * @param sampler how tokens are drawn
 * @param vocabulary tokens that may be drawn are below it; default all rows of the head, whose last ones may be padding
 * @param constraint what the answer must stay in, or null
 * @param caches how the caches of the answer's session are kept, or null for whatever it has
 */
public record GenerationOptions(
        int maxTokens,
        Set<Integer> stopTokens,
        SamplerOptions sampler,
        OptionalInt vocabulary,
        @Nullable Constraint constraint,
        @Nullable CacheType caches) {
    /** Options over the whole head. */
    public GenerationOptions(int maxTokens, Set<Integer> stopTokens, SamplerOptions sampler) {
        this(maxTokens, stopTokens, sampler, OptionalInt.empty(), null, null);
    }

    /** Options with whatever caches the session has. */
    public GenerationOptions(
            int maxTokens,
            Set<Integer> stopTokens,
            SamplerOptions sampler,
            OptionalInt vocabulary,
            @Nullable Constraint constraint) {
        this(maxTokens, stopTokens, sampler, vocabulary, constraint, null);
    }

    /** Options without a constraint. */
    public GenerationOptions(int maxTokens, Set<Integer> stopTokens, SamplerOptions sampler, OptionalInt vocabulary) {
        this(maxTokens, stopTokens, sampler, vocabulary, null, null);
    }

    /** Checks and copies. */
    public GenerationOptions {
        stopTokens = Set.copyOf(stopTokens);
        if (maxTokens < 1) {
            throw new InvalidRequestException("max-tokens must be at least 1, not " + maxTokens);
        }
        if (vocabulary.isPresent() && vocabulary.getAsInt() < 1) {
            throw new InvalidRequestException("the vocabulary must hold at least 1 token");
        }
    }

    /** These options with a constraint. */
    public GenerationOptions withConstraint(@Nullable Constraint other) {
        return new GenerationOptions(maxTokens, stopTokens, sampler, vocabulary, other, caches);
    }

    /** These options in a session with caches of a type. */
    public GenerationOptions withCaches(@Nullable CacheType type) {
        return new GenerationOptions(maxTokens, stopTokens, sampler, vocabulary, constraint, type);
    }
}
