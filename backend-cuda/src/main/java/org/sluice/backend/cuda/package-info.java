/** Runs graphs on NVIDIA GPUs: the driver through JCuda, steps as captured graphs. */
@org.jspecify.annotations.NullMarked
package org.sluice.backend.cuda;
