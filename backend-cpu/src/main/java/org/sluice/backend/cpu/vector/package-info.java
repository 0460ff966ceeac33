/**
 * Kernels on the incubating Vector API: the only package that touches {@code jdk.incubator.vector}.
 *
 * <p>Reductions go through a fixed tree of shuffles. {@code reduceLanes} and the transcendental operators of the API may
 * round differently in interpreted and compiled code, so neither is used.
 */
package org.sluice.backend.cpu.vector;
