package org.sluice.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.DType;

/**
 * What a GGUF file says of one tensor.
 *
 * @param typeId the ggml type number in the file
 * @param dtype the type of that number, or null where it is none that Sluice reads
 * @param ne extents, fastest first as ggml counts them
 * @param offset first byte in the file
 * @param bytes length; 0 where the type is not known
 */
record GgufTensor(String name, int typeId, @Nullable DType dtype, List<Long> ne, long offset, long bytes) {
    private static final int MAX_DIMENSIONS = 4;
    /** Bytes of the smallest tensor info: an empty name, one extent, type and offset. */
    static final int LEAST_BYTES = 8 + 4 + 8 + 4 + 8;

    /** Reads a tensor info; the offset it gets is still relative to the start of the data. */
    static GgufTensor read(GgufCursor in, long index) {
        long start = in.position();
        String name = in.text("name of tensor " + index);
        String what = "tensor '" + name + "'";
        int dimensions = in.i32("number of dimensions of " + what);
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw in.fail(
                    start,
                    what + " has " + Integer.toUnsignedString(dimensions) + " dimensions instead of 1 to "
                            + MAX_DIMENSIONS);
        }
        Long[] ne = new Long[dimensions];
        long elements = 1;
        for (int i = 0; i < dimensions; i++) {
            long extent = in.i64("extent " + i + " of " + what);
            if (extent <= 0 || extent > Long.MAX_VALUE / elements) {
                throw in.fail(
                        in.position() - 8,
                        "extent " + i + " of " + what + " is " + Long.toUnsignedString(extent)
                                + ", which is 0 or makes the number of elements overflow");
            }
            ne[i] = extent;
            elements *= extent;
        }
        int typeId = in.i32("type of " + what);
        DType dtype = DType.fromGgmlId(typeId).orElse(null);
        long offset = in.i64("offset of " + what);
        if (offset < 0) {
            throw in.fail(in.position() - 8, what + " has the offset " + Long.toUnsignedString(offset));
        }
        return new GgufTensor(name, typeId, dtype, List.of(ne), offset, bytes(in, start, what, dtype, ne[0], elements));
    }

    private static long bytes(GgufCursor in, long start, String what, @Nullable DType dtype, long row, long elements) {
        if (dtype == null) {
            return 0;
        }
        if (row % dtype.blockElements() != 0) {
            throw in.fail(
                    start,
                    what + " has rows of " + row + " elements, no whole number of " + dtype + " blocks of "
                            + dtype.blockElements());
        }
        try {
            return dtype.bytes(elements);
        } catch (ArithmeticException e) {
            throw in.fail(start, what + " has " + elements + " elements of " + dtype + ", more bytes than 2^63");
        }
    }

    GgufTensor at(long absoluteOffset) {
        return new GgufTensor(name, typeId, dtype, ne, absoluteOffset, bytes);
    }

    @Override
    public String toString() {
        return (dtype == null ? "type " + typeId : dtype) + " ne " + ne;
    }
}
