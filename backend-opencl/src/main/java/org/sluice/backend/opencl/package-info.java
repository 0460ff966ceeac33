/** Runs graphs on any OpenCL 1.2 device. */
@org.jspecify.annotations.NullMarked
package org.sluice.backend.opencl;
