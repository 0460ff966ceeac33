package org.sluice.decode;

import org.sluice.error.InvalidRequestException;

/**
 * How the next token is drawn from the logits. Filters apply in the order repetition penalty, temperature, top-k, top-p,
 * min-p.
 *
 * @param temperature divides the logits; 0 takes the most likely token
 * @param topK keeps the k most likely tokens; 0 keeps all
 * @param topP keeps the smallest set of most likely tokens whose probabilities sum to at least this; 1 keeps all
 * @param minP keeps tokens at least this likely relative to the most likely one; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen before (Keskar et al., arXiv
 *     1909.05858); 1 for none
 * @param seed start of the random numbers; the same seed gives the same answer
 * @param drawn how many random numbers were drawn before: goes on where another answer stopped
 */
public record SamplerOptions(
        double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed, long drawn) {
    /** Always the most likely token. */
    public static final SamplerOptions GREEDY = new SamplerOptions(0, 0, 1, 0, 1, 0);

    /** Options that start with the first random number. */
    public SamplerOptions(double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed) {
        this(temperature, topK, topP, minP, repetitionPenalty, seed, 0);
    }

    /** Checks the ranges. */
    public SamplerOptions {
        range("temperature", temperature, 0, 100);
        range("top-p", topP, 0, 1);
        range("min-p", minP, 0, 1);
        range("repetition penalty", repetitionPenalty, 0.01, 100);
        if (topK < 0) {
            throw new InvalidRequestException("top-k must not be negative, but is " + topK);
        }
        if (drawn < 0) {
            throw new InvalidRequestException("random numbers drawn before cannot be " + drawn);
        }
    }

    private static void range(String what, double v, double low, double high) {
        if (!(v >= low && v <= high)) {
            throw new InvalidRequestException(what + " must be between " + low + " and " + high + ", not " + v);
        }
    }

    /** These options with another temperature. */
    public SamplerOptions withTemperature(double t) {
        return new SamplerOptions(t, topK, topP, minP, repetitionPenalty, seed, drawn);
    }

    /** These options with another seed. */
    public SamplerOptions withSeed(long s) {
        return new SamplerOptions(temperature, topK, topP, minP, repetitionPenalty, s);
    }

    /** These options after some random numbers were drawn. */
    public SamplerOptions withDrawn(long n) {
        return new SamplerOptions(temperature, topK, topP, minP, repetitionPenalty, seed, n);
    }
}
