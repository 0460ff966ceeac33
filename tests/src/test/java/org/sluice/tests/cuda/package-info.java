/** The CUDA backend on the emulated driver: what needs no GPU to be proven. */
@org.jspecify.annotations.NullMarked
package org.sluice.tests.cuda;
