/**
 * Op cases: for every operation generated graphs with inputs, played on the CPU reference and on every other device, and
 * compared within bounds that follow from the data.
 *
 * <p>{@code -Dsluice.seed=N} makes other data and other shapes of the same classes.
 */
package org.sluice.tests.ops;
