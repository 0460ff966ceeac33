/**
 * From a graph to the kernels of {@code native/portable}, for every backend that launches kernels: what runs together, which
 * kernel with which arguments, how a step's facts, weights and pages lie in device memory, and programs but for their launches.
 * Pure data up to {@link org.sluice.backend.support.kernels.Call}; a backend binds calls to its own kernels. Not for
 * applications.
 */
package org.sluice.backend.support.kernels;
