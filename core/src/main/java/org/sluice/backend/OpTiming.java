package org.sluice.backend;

/**
 * Time an operation took.
 *
 * @param scope part of the model, such as {@code layers.3}
 * @param kind kind of operation, such as {@code Matmul}
 * @param detail its first weight or state, to tell equal kinds apart
 * @param calls steps measured
 * @param nanos time over all of them
 * @param weightBytes bytes of weights a call reads at most
 */
public record OpTiming(String scope, String kind, String detail, long calls, long nanos, long weightBytes) {}
