package org.sluice.backend.opencl;

import org.sluice.backend.support.PagePool;
import org.sluice.backend.support.PagedSequence;

/** A sequence of a program; its page table goes to the device with each step. Not safe for use by several threads. */
final class OpenClSequence extends PagedSequence {
    private final OpenClProgram program;

    OpenClSequence(OpenClProgram program, PagePool pool, int maxContext) {
        super(pool, maxContext);
        this.program = program;
    }

    @Override
    protected OpenClSequence another() {
        return program.newSequence();
    }

    @Override
    protected void pageSet(int index, int page) {
        // the table is read from the sequence when a step is laid out
    }

    @Override
    protected void closed() {
        program.forget(this);
    }
}
