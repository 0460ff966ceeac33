package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.PagedSequence;
import org.sluice.graph.Rope;

/**
 * What kernels know about the running step, laid out on the host as {@code step.h} says and copied to the device before the
 * first kernel. Not safe for use by several threads.
 */
public final class StepLayout implements HostMemory {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int HEADER = 4;

    private final List<Rope> ropes;
    private final MemorySegment host;
    private final int maxPages;
    private long used;
    private int rowsAt;
    private int rows;

    /** Bytes that the largest step of a program needs. */
    public static long bytes(List<Rope> ropes, ProgramOptions options) {
        long angles = ropes.stream().mapToLong(Rope::dims).sum();
        return 4 * (HEADER + ropes.size() + options.maxRows() * (3 + angles + maxPages(options)));
    }

    private static int maxPages(ProgramOptions options) {
        return Math.ceilDiv(options.maxContext(), PageLayout.TOKENS);
    }

    /**
     * A layout.
     *
     * @param ropes numbered in this order
     * @param host at least {@link #bytes(List, ProgramOptions)}
     */
    public StepLayout(MemorySegment host, List<Rope> ropes, ProgramOptions options) {
        this.ropes = new ArrayList<>(ropes);
        this.host = host;
        maxPages = maxPages(options);
    }

    /** Where it lies on the host; {@link #bytes()} of it count. */
    @Override
    public MemorySegment host() {
        return host;
    }

    /** Bytes that count in the current step. */
    public long bytes() {
        return used * 4;
    }

    /** A step begins; tell its outputs and sequences, then the angles. */
    public void begin(int stepRows, int outputs, int context) {
        rows = stepRows;
        rowsAt = HEADER + ropes.size();
        used = rowsAt + 3L * rows;
        set(0, rows);
        set(1, outputs);
        set(2, context);
        set(3, rowsAt);
    }

    /** Output {@code output} is row {@code row}. */
    public void output(int output, int row) {
        set(rowsAt + rows + output, row);
    }

    /** Rows {@code first} to {@code last − 1} are those of a sequence from {@code position} on. */
    public void sequence(int first, int last, int position, PagedSequence s, Slabs<?> slabs) {
        int table = Math.toIntExact(used);
        for (int r = first; r < last; r++) {
            set(rowsAt + r, position + r - first);
            set(rowsAt + 2 * rows + r, table);
        }
        // rows that are not appended may stand behind the last page
        int most = Math.max(s.pageCount(), Math.min(maxPages, ((position + last - first - 1) >> PageLayout.SHIFT) + 1));
        for (int i = 0; i < most; i++) {
            set(used++, i < s.pageCount() ? slabs.entry(s.page(i)) : 0);
        }
    }

    /** Computes the angles, once every row has its position: product in float32, its cosine in double. */
    public void angles() {
        for (int k = 0; k < ropes.size(); k++) {
            Rope rope = ropes.get(k);
            set(HEADER + k, Math.toIntExact(used));
            for (int r = 0; r < rows; r++) {
                int position = host.getAtIndex(INT, rowsAt + r);
                for (int i = 0; i < rope.dims() / 2; i++) {
                    double angle = position * rope.inverseFrequency(i);
                    host.setAtIndex(FLOAT, used++, (float) Math.cos(angle) * rope.magnitude());
                    host.setAtIndex(FLOAT, used++, (float) Math.sin(angle) * rope.magnitude());
                }
            }
        }
    }

    private void set(long index, int value) {
        host.setAtIndex(INT, index, value);
    }
}
