package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;

/** Host memory that feeds an input of a program or receives an output. */
public interface HostMemory {
    /** Room for the largest step. */
    MemorySegment host();
}
