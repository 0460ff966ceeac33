package org.sluice.decode;

import java.util.Set;
import org.sluice.error.InvalidRequestException;

/**
 * What a generation should do.
 *
 * @param maxTokens most tokens to generate
 * @param stopTokens tokens that end it; the ending token is part of the result
 * @param sampler how tokens are drawn
 */
public record GenerationOptions(int maxTokens, Set<Integer> stopTokens, SamplerOptions sampler) {
    /** Checks and copies. */
    public GenerationOptions {
        stopTokens = Set.copyOf(stopTokens);
        if (maxTokens < 1) {
            throw new InvalidRequestException("max-tokens must be at least 1, not " + maxTokens);
        }
    }
}
