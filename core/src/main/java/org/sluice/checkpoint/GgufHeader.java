package org.sluice.checkpoint;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;

/** Encodes everything that stands before the data of a GGUF file, padding included. */
final class GgufHeader {
    private static final int VERSION = 3;
    private static final int CHUNK = 1 << 20;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteBuffer field = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

    /** A tensor to be written. */
    record Declared(String name, DType dtype, Shape shape) {
        long bytes() {
            return dtype.bytes(shape.elements());
        }
    }

    private GgufHeader() {}

    /** The header of a file with these tensors, whose data follow one another, each aligned. */
    static byte[] encode(Map<String, GgufValue> metadata, List<Declared> tensors, long alignment) {
        GgufHeader h = new GgufHeader();
        h.i32(GgufFile.MAGIC);
        h.i32(VERSION);
        h.i64(tensors.size());
        h.i64(metadata.size());
        metadata.forEach((key, value) -> {
            h.text(key);
            h.i32(value.type().id());
            h.value(value);
        });
        long offset = 0;
        for (Declared t : tensors) {
            h.text(t.name());
            h.i32(t.shape().rank());
            for (int i = t.shape().rank() - 1; i >= 0; i--) {
                h.i64(t.shape().extent(i));
            }
            h.i32(t.dtype().ggmlId());
            h.i64(offset);
            offset = align(offset + t.bytes(), alignment);
        }
        h.out.writeBytes(new byte[Math.toIntExact(align(h.out.size(), alignment) - h.out.size())]);
        return h.out.toByteArray();
    }

    /** The next multiple of {@code alignment}, a power of two. */
    static long align(long offset, long alignment) {
        return Math.addExact(offset, alignment - 1) & -alignment;
    }

    private void value(GgufValue value) {
        switch (value) {
            case GgufValue.Int n -> number(n.value(), n.type().bytes());
            case GgufValue.Real r when r.type() == GgufType.FLOAT32 -> i32(Float.floatToRawIntBits((float) r.value()));
            case GgufValue.Real r -> i64(Double.doubleToRawLongBits(r.value()));
            case GgufValue.Bool b -> number(b.value() ? 1 : 0, 1);
            case GgufValue.Text t -> text(t.value());
            case GgufValue.Array a -> array(a.elements());
        }
    }

    private void array(GgufArray a) {
        i32(a.elementType().id());
        i64(a.size());
        // The elements of any array are kept the way a file has them.
        for (long at = 0; at < a.bytes().byteSize(); at += CHUNK) {
            long n = Math.min(CHUNK, a.bytes().byteSize() - at);
            out.writeBytes(a.bytes().asSlice(at, n).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private void text(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        i64(utf8.length);
        out.writeBytes(utf8);
    }

    private void i32(int value) {
        number(value, 4);
    }

    private void i64(long value) {
        number(value, 8);
    }

    private void number(long value, int bytes) {
        out.write(field.putLong(0, value).array(), 0, bytes);
    }
}
