/** Element types, shapes, weights and host tensors: what every other package speaks of. */
package org.sluice.tensor;
