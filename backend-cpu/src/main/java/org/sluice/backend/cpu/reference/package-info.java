/**
 * The definition of every operation: plain loops with double accumulation, written to be read. Slow, single-threaded, and
 * what all other kernels are compared with.
 */
package org.sluice.backend.cpu.reference;
