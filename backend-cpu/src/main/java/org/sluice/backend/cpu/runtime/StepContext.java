package org.sluice.backend.cpu.runtime;

/**
 * The step that runs, laid out for kernels: where each row stands and where its sequence's pages are. Filled once per
 * step; arrays are as long as the largest step.
 */
public final class StepContext {
    /** Threads and their scratch memory. */
    public final WorkerPool pool;

    /** Token rows of the step. */
    public int rows;

    /** Rows whose result is wanted. */
    public int outputs;

    /** Tokens of the longest context, this step's rows included. */
    public int context;

    /** Position of each row in its sequence. */
    public final int[] position;

    /** Address of the page table of each row's sequence: one address per page. */
    public final long[] pages;

    /** Row of each output. */
    public final int[] outputRow;

    /** log2 of the tokens in a page. */
    public final int pageShift;

    private final long[] scratch;
    private final long scratchBytes;

    /** A context for steps of {@code maxRows}, with one scratch area for each worker. */
    public StepContext(WorkerPool pool, int maxRows, int pageShift, long[] scratch, long scratchBytes) {
        this.pool = pool;
        this.pageShift = pageShift;
        this.scratch = scratch;
        this.scratchBytes = scratchBytes;
        position = new int[maxRows];
        pages = new long[maxRows];
        outputRow = new int[maxRows];
    }

    /** Rows that the symbol {@code extent} stands for in this step, or the extent itself. */
    public int resolve(long extent) {
        return extent == org.sluice.tensor.Shape.ROWS
                ? rows
                : extent == org.sluice.tensor.Shape.OUTPUTS ? outputs : Math.toIntExact(extent);
    }

    /** Address of token {@code at} of the state at {@code stateOffset} of each page, for the sequence of {@code row}. */
    public long cacheRow(int row, int at, long stateOffset, int rowBytes) {
        long page = Mem.getLong(pages[row] + 8L * (at >> pageShift));
        return page + stateOffset + (long) (at & ((1 << pageShift) - 1)) * rowBytes;
    }

    /** Scratch memory of a worker, 64-byte aligned. */
    public long scratch(int worker) {
        return scratch[worker];
    }

    /** Bytes of each scratch area. */
    public long scratchBytes() {
        return scratchBytes;
    }
}
