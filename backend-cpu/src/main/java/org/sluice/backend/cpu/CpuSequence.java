package org.sluice.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.PagedSequence;

/** A sequence with its pages' addresses as the kernels read them. Not safe for use by several threads. */
final class CpuSequence extends PagedSequence {
    private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;

    private final CpuPages memory;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment table;

    CpuSequence(CpuProgram program, CpuPages memory) {
        super(program);
        this.memory = memory;
        table = arena.allocate(ADDRESS, Math.ceilDiv(program.options().maxContext(), PageLayout.TOKENS));
    }

    /** Address of the page table. */
    long table() {
        return table.address();
    }

    @Override
    protected void pageSet(int index, int page) {
        table.setAtIndex(ADDRESS, index, memory.address(page));
    }

    @Override
    protected void free() {
        arena.close();
    }
}
