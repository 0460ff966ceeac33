package org.sluice.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.sluice.error.CheckpointException;

/**
 * Reads little-endian fields one after another and checks each against the end of the memory before touching it. Every
 * method takes what the field is, for the message of the {@link CheckpointException} that a bad one ends in.
 */
final class GgufCursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final MemorySegment memory;
    private final long base;
    private long at;

    /**
     * @param file what messages call the memory
     * @param base offset of the memory in the file, for messages
     */
    GgufCursor(String file, MemorySegment memory, long base) {
        this.file = file;
        this.memory = memory;
        this.base = base;
    }

    String file() {
        return file;
    }

    /** Offset in the file of the next field. */
    long position() {
        return base + at;
    }

    long remaining() {
        return memory.byteSize() - at;
    }

    /** The memory from offset {@code start} in the file up to the next field. */
    MemorySegment since(long start) {
        return memory.asSlice(start - base, position() - start);
    }

    int u8(String what) {
        return memory.get(ValueLayout.JAVA_BYTE, take(1, what)) & 0xFF;
    }

    int u16(String what) {
        return memory.get(SHORT, take(2, what)) & 0xFFFF;
    }

    int i32(String what) {
        return memory.get(INT, take(4, what));
    }

    long i64(String what) {
        return memory.get(LONG, take(8, what));
    }

    boolean bool(String what) {
        int b = u8(what);
        if (b > 1) {
            throw fail(position() - 1, what + " is a BOOL of " + b + " instead of 0 or 1");
        }
        return b == 1;
    }

    /**
     * A count of things of which each takes at least {@code leastBytes}, so that no damaged count makes anybody allocate
     * more than the file could fill.
     */
    long count(int leastBytes, String what) {
        long n = i64(what);
        if (n < 0 || n > remaining() / leastBytes) {
            throw fail(
                    position() - 8,
                    what + " is " + Long.toUnsignedString(n) + ", more than the remaining " + remaining()
                            + " bytes can hold; the file is truncated or damaged");
        }
        return n;
    }

    /** A string: its length in bytes, then UTF-8. */
    String text(String what) {
        int length = length(what);
        long start = at;
        skip(length, what);
        byte[] bytes = new byte[length];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start, bytes, 0, length);
        String text = new String(bytes, StandardCharsets.UTF_8);
        // Malformed bytes decode to the replacement character, so only a text that holds it needs the strict, slow
        // check.
        if (text.indexOf('\uFFFD') >= 0 && !isUtf8(bytes)) {
            throw fail(base + start, what + " is not valid UTF-8");
        }
        return text;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    void skipText(String what) {
        skip(length(what), what);
    }

    /** The value of type {@code type}. Strings in arrays are only skipped. */
    GgufValue value(GgufType type, String what) {
        return switch (type) {
            case UINT8 -> new GgufValue.Int(type, u8(what));
            case INT8 -> new GgufValue.Int(type, (byte) u8(what));
            case UINT16 -> new GgufValue.Int(type, u16(what));
            case INT16 -> new GgufValue.Int(type, (short) u16(what));
            case UINT32 -> new GgufValue.Int(type, i32(what) & 0xFFFF_FFFFL);
            case INT32 -> new GgufValue.Int(type, i32(what));
            case UINT64, INT64 -> new GgufValue.Int(type, i64(what));
            case FLOAT32 -> new GgufValue.Real(type, Float.intBitsToFloat(i32(what)));
            case FLOAT64 -> new GgufValue.Real(type, Double.longBitsToDouble(i64(what)));
            case BOOL -> new GgufValue.Bool(bool(what));
            case STRING -> new GgufValue.Text(text(what));
            case ARRAY -> new GgufValue.Array(GgufArray.read(this, what, 0));
        };
    }

    private int length(String what) {
        long n = i64(what);
        if (n < 0 || n > remaining()) {
            throw fail(
                    position() - 8,
                    what + " is a string of " + Long.toUnsignedString(n) + " bytes, but only " + remaining()
                            + " bytes follow; the file is truncated or damaged");
        }
        if (n > Integer.MAX_VALUE - 8) {
            throw fail(position() - 8, what + " is a string of " + n + " bytes, more than a string can hold");
        }
        return (int) n;
    }

    void skip(long bytes, String what) {
        take(bytes, what);
    }

    private long take(long bytes, String what) {
        if (bytes > remaining()) {
            throw fail(
                    position(),
                    what + " needs " + bytes + " bytes, but only " + remaining() + " are left; the file is truncated");
        }
        long start = at;
        at += bytes;
        return start;
    }

    CheckpointException fail(long offset, String problem) {
        return new CheckpointException(file + ", offset " + offset + ": " + problem);
    }
}
