package org.sluice.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes safetensors files. The data streams to a temporary file beside the target, which takes the target's name only
 * when it is complete: nobody ever sees half a file.
 */
public final class SafetensorsWriter {
    private static final int CHUNK = 1 << 20;
    private static final JsonFactory FACTORY = new JsonFactory();

    private SafetensorsWriter() {}

    /** Produces the bytes of a tensor, little endian, in as many pieces as it likes. */
    @FunctionalInterface
    public interface Source {
        /** Hands each piece to {@code sink}, which has written it when it returns. */
        void writeTo(Consumer<MemorySegment> sink);
    }

    /**
     * A tensor to write.
     *
     * @param name unlike any other in the file
     * @param type element type
     * @param extents slowest first; none for a scalar, and any of them may be 0
     * @param source its bytes
     */
    public record Tensor(String name, SafetensorsType type, List<Long> extents, Source source) {
        /** Copies the extents. */
        public Tensor {
            extents = List.copyOf(extents);
            if (extents.stream().anyMatch(e -> e < 0)) {
                throw new IllegalArgumentException("tensor '" + name + "' has a negative extent: " + extents);
            }
        }

        /** A tensor of a type Sluice computes with, whose bytes are those of {@code parts} in turn. */
        public static Tensor of(String name, DType dtype, Shape shape, MemorySegment... parts) {
            SafetensorsType type = SafetensorsType.of(dtype)
                    .orElseThrow(() ->
                            new IllegalArgumentException("tensor '" + name + "': safetensors has no type " + dtype));
            List<Long> extents = LongStream.range(0, shape.rank())
                    .mapToObj(i -> shape.extent((int) i))
                    .toList();
            List<MemorySegment> pieces = List.of(parts);
            return new Tensor(name, type, extents, pieces::forEach);
        }

        /**
         * Bytes it takes.
         *
         * @throws ArithmeticException where they overflow or are no whole number
         */
        public long bytes() {
            return SafetensorsTensor.bytes(type, extents);
        }
    }

    /** Writes a file without {@code __metadata__}. */
    public static void write(Path target, List<Tensor> tensors) {
        write(target, tensors, Map.of());
    }

    /**
     * Writes a file, replacing one that is there. Tensors of large elements come first, so that all lie aligned.
     *
     * @param metadata goes into {@code __metadata__}
     * @throws IllegalArgumentException where a name occurs twice, a source yields more or fewer bytes than its shape takes,
     *     or the header would be larger than readers accept
     * @throws CheckpointException where the file cannot be written
     */
    public static void write(Path target, List<Tensor> tensors, Map<String, String> metadata) {
        List<Tensor> ordered = tensors.stream()
                .sorted(Comparator.comparingInt((Tensor t) -> t.type().bits()).reversed())
                .toList();
        byte[] header = header(ordered, metadata);
        // Not createTempFile: its files are readable by their owner only, and so would the result be.
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel out =
                    FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                writeFully(out, ByteBuffer.wrap(header));
                for (Tensor t : ordered) {
                    new Body(out, t).write();
                }
                out.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (UncheckedIOException | IOException e) {
            throw new CheckpointException(target + " cannot be written: " + e.getMessage(), e);
        } finally {
            deleteQuietly(temporary);
        }
    }

    private static void deleteQuietly(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException secondary) {
            // Whatever went wrong before is the error to report.
        }
    }

    private static byte[] header(List<Tensor> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.writeBytes(new byte[SafetensorsHeader.LENGTH_BYTES]);
        Set<String> names = new HashSet<>();
        try (JsonGenerator g = FACTORY.createGenerator(ObjectWriteContext.empty(), json)) {
            g.writeStartObject();
            if (!metadata.isEmpty()) {
                g.writeObjectPropertyStart(SafetensorsHeader.METADATA);
                metadata.forEach(g::writeStringProperty);
                g.writeEndObject();
            }
            long offset = 0;
            for (Tensor t : tensors) {
                if (!names.add(t.name()) || t.name().equals(SafetensorsHeader.METADATA)) {
                    throw new IllegalArgumentException("the name '" + t.name() + "' is taken");
                }
                long end = Math.addExact(offset, t.bytes());
                g.writeObjectPropertyStart(t.name());
                g.writeStringProperty("dtype", t.type().name());
                g.writeName("shape");
                writeArray(g, t.extents());
                g.writeName("data_offsets");
                writeArray(g, List.of(offset, end));
                g.writeEndObject();
                offset = end;
            }
            g.writeEndObject();
        }
        byte[] padding = new byte[Math.floorMod(-json.size(), Long.BYTES)];
        Arrays.fill(padding, (byte) ' ');
        json.writeBytes(padding);
        byte[] bytes = json.toByteArray();
        int length = bytes.length - SafetensorsHeader.LENGTH_BYTES;
        if (length > SafetensorsJson.MAX_BYTES) {
            throw new IllegalArgumentException("a header of " + length + " bytes exceeds the limit of "
                    + SafetensorsJson.MAX_BYTES + "; spread the tensors over several files");
        }
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        return bytes;
    }

    private static void writeArray(JsonGenerator g, List<Long> numbers) {
        g.writeStartArray();
        numbers.forEach(g::writeNumber);
        g.writeEndArray();
    }

    private static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private static final class Body {
        private final FileChannel out;
        private final Tensor tensor;
        private long written;

        Body(FileChannel out, Tensor tensor) {
            this.out = out;
            this.tensor = tensor;
        }

        void write() {
            tensor.source().writeTo(this::append);
            check(written == tensor.bytes());
        }

        private void append(MemorySegment piece) {
            written += piece.byteSize();
            check(written <= tensor.bytes());
            try {
                // In chunks, for the JDK copies heap memory into a direct buffer of the same size.
                for (long i = 0; i < piece.byteSize(); i += CHUNK) {
                    long n = Math.min(CHUNK, piece.byteSize() - i);
                    writeFully(out, piece.asSlice(i, n).asByteBuffer());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void check(boolean fits) {
            if (!fits) {
                throw new IllegalArgumentException("the source of tensor '" + tensor.name() + "' yields " + written
                        + " bytes or more, but " + tensor.type() + tensor.extents() + " takes " + tensor.bytes());
            }
        }
    }
}
