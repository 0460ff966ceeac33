package org.sluice.graph;

import java.util.Arrays;

/**
 * Rotary position embedding: which pairs of a vector turn by which angle.
 *
 * <p>At position {@code p} pair {@code i} turns by {@code p · inverseFrequency(i)}, product and frequency in float32, and
 * both components are multiplied by {@link #magnitude()}.
 */
public final class Rope {
    /** Which two elements form pair {@code i} of a vector of {@code n}. */
    public enum Pairing {
        /** Elements {@code 2i} and {@code 2i+1} (GPT-J; GLM, and the main attention of DeepSeek). */
        INTERLEAVED,
        /** Elements {@code i} and {@code i + n/2} (NeoX; the indexer of DeepSeek-V3.2). */
        HALF_SPLIT
    }

    private final Pairing pairing;
    private final float[] inverseFrequencies;
    private final float magnitude;

    /**
     * A rotation of vectors of {@code 2 · inverseFrequencies.length} elements.
     *
     * @param magnitude factor on cos and sin, 1 without YaRN
     */
    public Rope(Pairing pairing, float[] inverseFrequencies, float magnitude) {
        this.pairing = pairing;
        this.inverseFrequencies = inverseFrequencies.clone();
        this.magnitude = magnitude;
    }

    /** Unscaled rotation of {@code dims} elements: {@code inverseFrequency(i) = theta^(−2i/dims)}. */
    public static Rope plain(Pairing pairing, int dims, double theta) {
        float[] inverse = new float[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = (float) Math.pow(theta, -2.0 * i / dims);
        }
        return new Rope(pairing, inverse, 1f);
    }

    /** How elements pair up. */
    public Pairing pairing() {
        return pairing;
    }

    /** Elements that turn: twice the number of pairs. */
    public int dims() {
        return 2 * inverseFrequencies.length;
    }

    /** Radians that pair {@code pair} turns per position. */
    public float inverseFrequency(int pair) {
        return inverseFrequencies[pair];
    }

    /** Factor on cos and sin. */
    public float magnitude() {
        return magnitude;
    }

    /** The same frequencies with other pairs. */
    public Rope withPairing(Pairing other) {
        return new Rope(other, inverseFrequencies, magnitude);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Rope r
                && r.pairing == pairing
                && r.magnitude == magnitude
                && Arrays.equals(r.inverseFrequencies, inverseFrequencies);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(inverseFrequencies) * 31 + pairing.hashCode();
    }

    @Override
    public String toString() {
        return pairing + "(" + dims() + ")";
    }
}
