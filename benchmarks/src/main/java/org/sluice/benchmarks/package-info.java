/** JMH benchmarks: single operations on real shapes, and whole steps of the demonstration model. */
@NullMarked
package org.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
