package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;

/** The step an executor holds before its first run. */
final class EmptyStep {
    static final StepContext INSTANCE = new StepContext(new WorkerPool(1), 0, 0, new long[0], 0);

    private EmptyStep() {}
}
