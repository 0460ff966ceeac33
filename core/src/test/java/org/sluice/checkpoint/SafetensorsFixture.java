package org.sluice.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.sluice.checkpoint.SafetensorsWriter.Tensor;

/** Files for the tests: written properly, or byte by byte where they have to be wrong. */
final class SafetensorsFixture {
    private SafetensorsFixture() {}

    /** A tensor of random bytes. */
    static Tensor random(String name, SafetensorsType type, long seed, Long... extents) {
        return of(name, type, randomBytes(SafetensorsTensor.bytes(type, List.of(extents)), seed), extents);
    }

    static Tensor of(String name, SafetensorsType type, byte[] data, Long... extents) {
        return new Tensor(name, type, List.of(extents), sink -> sink.accept(MemorySegment.ofArray(data)));
    }

    static Tensor floats(String name, float[] values, Long... extents) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asFloatBuffer().put(values);
        return of(name, SafetensorsType.F32, b.array(), extents);
    }

    static byte[] randomBytes(long n, long seed) {
        byte[] bytes = new byte[Math.toIntExact(n)];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A file with this header, its true length in front, and {@code dataBytes} zeros behind. */
    static Path raw(Path path, String json, int dataBytes) throws IOException {
        return raw(path, json.getBytes(StandardCharsets.UTF_8), dataBytes);
    }

    static Path raw(Path path, byte[] json, int dataBytes) throws IOException {
        return Files.write(path, raw(json.length, json, dataBytes));
    }

    static byte[] raw(long length, byte[] json, int dataBytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array());
        out.writeBytes(json);
        out.writeBytes(new byte[dataBytes]);
        return out.toByteArray();
    }
}
