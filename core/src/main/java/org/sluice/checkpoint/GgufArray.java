package org.sluice.checkpoint;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sluice.error.CheckpointException;

/**
 * An array among the metadata of a GGUF file: a view of its bytes, decoded each time it is asked, so that opening a file
 * with a large vocabulary costs nothing. Valid as long as the file is open. Immutable.
 */
public final class GgufArray {
    /** Deeper nesting has no use and would let a damaged file exhaust the stack. */
    private static final int MAX_DEPTH = 4;

    private static final long MAX_COPY = 64 << 20;

    private final GgufType elementType;
    private final long size;
    private final MemorySegment bytes;
    private final String file;
    private final String name;
    private final long offset;

    private GgufArray(GgufType elementType, long size, MemorySegment bytes, String file, String name, long offset) {
        this.elementType = elementType;
        this.size = size;
        this.bytes = bytes;
        this.file = file;
        this.name = name;
        this.offset = offset;
    }

    /** An array of strings. */
    public static GgufArray ofTexts(List<String> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        for (String v : values) {
            byte[] utf8 = v.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(length.putLong(0, utf8.length).array());
            out.writeBytes(utf8);
        }
        return inMemory(GgufType.STRING, values.size(), out.toByteArray());
    }

    /** An array of {@link GgufType#INT32}. */
    public static GgufArray ofInts(int... values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asIntBuffer().put(values);
        return inMemory(GgufType.INT32, values.length, b.array());
    }

    /** An array of {@link GgufType#FLOAT32}. */
    public static GgufArray ofFloats(float... values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asFloatBuffer().put(values);
        return inMemory(GgufType.FLOAT32, values.length, b.array());
    }

    /** An array of {@link GgufType#BOOL}. */
    public static GgufArray ofBools(boolean... values) {
        byte[] b = new byte[values.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) (values[i] ? 1 : 0);
        }
        return inMemory(GgufType.BOOL, values.length, b);
    }

    private static GgufArray inMemory(GgufType type, int size, byte[] content) {
        return new GgufArray(type, size, MemorySegment.ofArray(content), "memory", "array", 0);
    }

    /** Checks and skips the array at the cursor. */
    static GgufArray read(GgufCursor in, String name, int depth) {
        if (depth == MAX_DEPTH) {
            throw in.fail(in.position(), name + " nests arrays deeper than " + MAX_DEPTH + " levels");
        }
        int id = in.i32("element type of " + name);
        GgufType type = GgufType.of(id)
                .orElseThrow(() -> in.fail(in.position() - 4, name + " has elements of the unknown type " + id));
        long size = in.count(type.leastBytes(), "number of elements of " + name);
        long start = in.position();
        switch (type) {
            case STRING -> {
                for (long i = 0; i < size; i++) {
                    in.skipText(name);
                }
            }
            case ARRAY -> {
                for (long i = 0; i < size; i++) {
                    read(in, name, depth + 1);
                }
            }
            default -> in.skip(size * type.bytes(), name);
        }
        return new GgufArray(type, size, in.since(start), in.file(), name, start);
    }

    /** Type of the elements. */
    public GgufType elementType() {
        return elementType;
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    /** The elements as they stand in a file. */
    MemorySegment bytes() {
        return bytes;
    }

    /**
     * The elements of an array of strings.
     *
     * @throws CheckpointException where it is of another type, or a string is not UTF-8
     */
    public List<String> texts() {
        check(elementType == GgufType.STRING, "strings");
        List<String> out = new ArrayList<>(length());
        GgufCursor in = cursor();
        for (long i = 0; i < size; i++) {
            out.add(in.text(name));
        }
        return out;
    }

    /**
     * The elements of an array of whole numbers of any width.
     *
     * @throws CheckpointException where it is of another type
     */
    public long[] integers() {
        check(elementType.isInteger(), "whole numbers");
        long[] out = new long[length()];
        GgufCursor in = cursor();
        for (int i = 0; i < out.length; i++) {
            out[i] = ((GgufValue.Int) in.value(elementType, name)).value();
        }
        return out;
    }

    /**
     * The elements of an array of numbers of any type.
     *
     * @throws CheckpointException where it is of another type
     */
    public double[] reals() {
        check(elementType.isReal() || elementType.isInteger(), "numbers");
        double[] out = new double[length()];
        GgufCursor in = cursor();
        for (int i = 0; i < out.length; i++) {
            out[i] = switch (in.value(elementType, name)) {
                case GgufValue.Real r -> r.value();
                case GgufValue.Int n -> (double) n.value();
                case GgufValue other -> throw new IllegalStateException(other.toString());
            };
        }
        return out;
    }

    /**
     * The elements of an array of truth values.
     *
     * @throws CheckpointException where it is of another type, or an element is neither 0 nor 1
     */
    public boolean[] bools() {
        check(elementType == GgufType.BOOL, "truth values");
        boolean[] out = new boolean[length()];
        GgufCursor in = cursor();
        for (int i = 0; i < out.length; i++) {
            out[i] = in.bool(name);
        }
        return out;
    }

    /**
     * The elements of an array of arrays.
     *
     * @throws CheckpointException where it is of another type
     */
    public List<GgufArray> arrays() {
        check(elementType == GgufType.ARRAY, "arrays");
        List<GgufArray> out = new ArrayList<>(length());
        GgufCursor in = cursor();
        for (long i = 0; i < size; i++) {
            out.add(read(in, name, 1));
        }
        return out;
    }

    private GgufCursor cursor() {
        // Many small reads are several times faster from the heap than from a mapping that other threads may close.
        boolean small = bytes.byteSize() <= MAX_COPY;
        MemorySegment source = small ? MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE)) : bytes;
        return new GgufCursor(file, source, offset);
    }

    private int length() {
        if (size > Integer.MAX_VALUE - 8) {
            throw new CheckpointException(file + ", offset " + offset + ": " + name + " has " + size
                    + " elements, more than an array can hold");
        }
        return (int) size;
    }

    private void check(boolean ok, String expected) {
        if (!ok) {
            throw new CheckpointException(
                    file + ", offset " + offset + ": " + name + " holds " + elementType + " instead of " + expected);
        }
    }

    @Override
    public String toString() {
        return elementType + "[" + size + "]";
    }
}
