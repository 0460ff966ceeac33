/**
 * The graph of model-level operations: what a model computes in one step, as data.
 *
 * <p>Every operation is a record whose Javadoc gives shapes and formula; the readable definition of its arithmetic is the
 * reference kernel of the same name in the CPU backend. Values are single-assignment; the only side effects are the
 * {@code Append…} operations, which write the step's rows into a {@link org.sluice.graph.State}.
 */
package org.sluice.graph;
