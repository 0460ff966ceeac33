package org.sluice.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A constant of a model in the format it is stored in, usually a view of a mapped file: a vector {@code [n]}, a matrix
 * {@code [out, in]}, or a bank of matrices {@code [count, out, in]}.
 *
 * <p>Bytes are little endian and need not be aligned. A weight does not own its memory: it is valid as long as the
 * checkpoint it came from is open.
 */
public final class Weight {
    private final String name;
    private final DType dtype;
    private final Shape shape;
    private final List<MemorySegment> slices;
    private final @Nullable BlockScales scales;

    /**
     * A weight over existing memory.
     *
     * @param name what errors and plans call it
     * @param shape fixed extents, rank 1 to 3, the last a whole number of blocks
     * @param slices one segment for rank 1 and 2, {@code shape.extent(0)} segments for rank 3, each as long as its
     *     elements take
     * @param scales scales outside the blocks, or null
     * @throws IllegalArgumentException where these do not agree
     */
    public Weight(String name, DType dtype, Shape shape, List<MemorySegment> slices, @Nullable BlockScales scales) {
        this.name = name;
        this.dtype = dtype;
        this.shape = shape;
        this.slices = List.copyOf(slices);
        this.scales = scales;
        if (shape.rank() < 1 || shape.rank() > 3 || shape.isSymbolic()) {
            throw new IllegalArgumentException(name + ": a weight has 1 to 3 fixed extents, not " + shape);
        }
        int count = shape.rank() == 3 ? Math.toIntExact(shape.extent(0)) : 1;
        if (slices.size() != count) {
            throw new IllegalArgumentException(name + ": " + slices.size() + " slices for " + shape);
        }
        long bytes = rows() * rowBytes();
        for (MemorySegment s : slices) {
            if (s.byteSize() != bytes) {
                throw new IllegalArgumentException(
                        name + ": a slice of " + s.byteSize() + " bytes where " + dtype + shape + " takes " + bytes);
            }
        }
        if (scales != null) {
            long need = 4 * Math.ceilDiv(rows(), (long) scales.blockRows()) * scales.columnBlocks(columns());
            if (scales.slices().size() != count || scales.slices().stream().anyMatch(s -> s.byteSize() != need)) {
                throw new IllegalArgumentException(name + ": scales do not cover " + dtype + shape);
            }
        }
    }

    /** A weight without outside scales over one segment. */
    public static Weight of(String name, DType dtype, Shape shape, MemorySegment data) {
        if (shape.rank() != 3) {
            return new Weight(name, dtype, shape, List.of(data), null);
        }
        long bytes = dtype.bytes(shape.extent(1) * shape.extent(2));
        List<MemorySegment> slices = java.util.stream.LongStream.range(0, shape.extent(0))
                .mapToObj(i -> data.asSlice(i * bytes, bytes))
                .toList();
        return new Weight(name, dtype, shape, slices, null);
    }

    /** What errors and plans call this weight. */
    public String name() {
        return name;
    }

    /** Element type. */
    public DType dtype() {
        return dtype;
    }

    /** Extents: {@code [n]}, {@code [out, in]} or {@code [count, out, in]}. */
    public Shape shape() {
        return shape;
    }

    /** The memory of each matrix of a bank; a single one for vectors and matrices. */
    public List<MemorySegment> slices() {
        return slices;
    }

    /** The memory of a vector or matrix. */
    public MemorySegment data() {
        if (slices.size() != 1) {
            throw new IllegalStateException(name + " is a bank of " + slices.size() + " matrices");
        }
        return slices.getFirst();
    }

    /** Scales outside the blocks, or null. */
    public @Nullable BlockScales scales() {
        return scales;
    }

    /** Rows of one matrix; 1 for a vector. */
    public long rows() {
        return shape.rank() == 1 ? 1 : shape.extent(shape.rank() - 2);
    }

    /** Elements in a row, the {@code in} extent. */
    public long columns() {
        return shape.last();
    }

    /** Bytes of a row. */
    public long rowBytes() {
        return dtype.bytes(columns());
    }

    /** A view of the first {@code n} rows of a matrix; this weight itself where it has no more. */
    public Weight firstRows(long n) {
        if (shape.rank() != 2 || n >= rows()) {
            return this;
        }
        BlockScales view = scales == null
                ? null
                : new BlockScales(
                        scales.blockRows(),
                        scales.blockColumns(),
                        List.of(scales.slices()
                                .getFirst()
                                .asSlice(
                                        0,
                                        4
                                                * Math.ceilDiv(n, (long) scales.blockRows())
                                                * scales.columnBlocks(columns()))));
        return new Weight(
                name + "[:" + n + "]", dtype, Shape.of(n, columns()), List.of(data().asSlice(0, n * rowBytes())), view);
    }

    /** Elements of all slices. */
    public long elements() {
        return shape.elements();
    }

    /** Bytes of all slices and scales. */
    public long bytes() {
        long sum = slices.stream().mapToLong(MemorySegment::byteSize).sum();
        return scales == null
                ? sum
                : sum
                        + scales.slices().stream()
                                .mapToLong(MemorySegment::byteSize)
                                .sum();
    }

    @Override
    public String toString() {
        return name + " " + dtype + shape;
    }
}
