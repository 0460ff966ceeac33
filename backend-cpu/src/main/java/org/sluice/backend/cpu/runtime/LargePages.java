package org.sluice.backend.cpu.runtime;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.sluice.tensor.Weight;

/**
 * Asks Linux to keep mapped weights in large pages, of which a plain read gets more bytes per second. It can only follow where a
 * file is not in memory yet, its file system knows large pages and the kernel's setting allows them; elsewhere nothing changes.
 */
public final class LargePages {
    /** Advice of {@code madvise(2)} on Linux. */
    private static final int MADV_HUGEPAGE = 14;

    /** The largest of the plain page sizes of Linux: advice is for whole pages. */
    private static final long PAGE = 1 << 16;

    /** Weights below this fit into caches, or nearly so, and are soon read. */
    private static final long WORTH_ASKING = 64 << 20;

    /** Blocks of working memory below this are soon touched page by page. */
    private static final long WORKING_MEMORY = 8 << 20;

    private LargePages() {}

    /** A stretch of addresses. */
    record Range(long begin, long end) {}

    /** Asks for what of these weights lies in mapped files. */
    public static void ask(Collection<Weight> weights) {
        List<Range> ranges = mapped(weights);
        if (ranges.stream().mapToLong(r -> r.end() - r.begin()).sum() >= WORTH_ASKING) {
            ask(ranges);
        }
    }

    /** Asks for memory of the process that nobody has touched yet. */
    static void ask(long address, long bytes) {
        if (bytes >= WORKING_MEMORY) {
            ask(List.of(new Range((address + PAGE - 1) & -PAGE, address + bytes)));
        }
    }

    private static void ask(List<Range> ranges) {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle madvise = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("madvise"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        for (Range r : ranges) {
            try {
                // It is advice: a kernel without large pages refuses it, and reads as well.
                int refused = (int) madvise.invokeExact(r.begin(), r.end() - r.begin(), MADV_HUGEPAGE);
                if (refused != 0) {
                    return;
                }
            } catch (Throwable e) {
                throw new IllegalStateException("madvise cannot be called", e);
            }
        }
    }

    /** Where mapped slices lie, from a page's begin on; those with less than a page between them as one. */
    static List<Range> mapped(Collection<Weight> weights) {
        List<Range> found = new ArrayList<>();
        weights.stream()
                .flatMap(w -> w.slices().stream())
                .filter(MemorySegment::isMapped)
                .map(s -> new Range(s.address(), s.address() + s.byteSize()))
                .sorted(Comparator.comparingLong(Range::begin))
                .forEach(r -> {
                    Range last = found.isEmpty() ? r : found.getLast();
                    if (found.isEmpty() || r.begin() - last.end() >= PAGE) {
                        found.add(r);
                    } else {
                        found.set(found.size() - 1, new Range(last.begin(), Math.max(last.end(), r.end())));
                    }
                });
        return found.stream()
                .map(r -> new Range((r.begin() + PAGE - 1) & -PAGE, r.end()))
                .filter(r -> r.begin() < r.end())
                .toList();
    }
}
