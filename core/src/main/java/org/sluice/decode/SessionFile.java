package org.sluice.decode;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;
import org.sluice.error.CheckpointException;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;

/** Reads and writes sessions (docs/session-format.md). */
final class SessionFile {
    private static final int ALIGN = 64;
    /** Rows that are copied at a time. */
    private static final int CHUNK = 1024;

    private SessionFile() {}

    static void write(Path file, Saved saved, Sequence trunk, @Nullable Sequence draft) {
        SessionHeader header = SessionHeader.of(saved, trunk, draft);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel out = FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            CRC32C crc = new CRC32C();
            out.position(header.bytes());
            MemorySegment tokens = arena.allocate(4L * Math.max(1, saved.conversation().length), ALIGN)
                    .asSlice(0, 4L * saved.conversation().length);
            MemorySegment.copy(saved.conversation(), 0, tokens, SessionHeader.INT, 0, saved.conversation().length);
            put(out, crc, tokens);
            pad(out, crc);
            states(out, crc, trunk, arena);
            if (draft != null) {
                states(out, crc, draft, arena);
            }
            put(out, crc, MemorySegment.ofArray(saved.attachment()));
            pad(out, crc);
            MemorySegment head = header.write(out.position(), (int) crc.getValue(), arena);
            out.position(0);
            writeAll(out, head.asByteBuffer());
            out.force(true);
        } catch (IOException e) {
            discard(part, e);
            throw new CheckpointException("the session cannot be written to " + file + ": " + e, e);
        } catch (RuntimeException | Error e) {
            discard(part, e);
            throw e;
        }
        try {
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            discard(part, e);
            throw new CheckpointException("the session cannot be written to " + file + ": " + e, e);
        }
    }

    private static void discard(Path part, Throwable cause) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static void states(FileChannel out, CRC32C crc, Sequence s, Arena arena) throws IOException {
        for (State state : s.states()) {
            long rowBytes = s.rowBytes(state);
            MemorySegment rows = arena.allocate(rowBytes * Math.min(CHUNK, Math.max(1, s.length())), ALIGN);
            for (int at = 0; at < s.length(); at += CHUNK) {
                int n = Math.min(CHUNK, s.length() - at);
                s.copyOut(state, at, n, rows);
                put(out, crc, rows.asSlice(0, n * rowBytes));
            }
            pad(out, crc);
        }
    }

    private static void put(FileChannel out, CRC32C crc, MemorySegment bytes) throws IOException {
        crc.update(bytes.asByteBuffer());
        writeAll(out, bytes.asByteBuffer());
    }

    private static void pad(FileChannel out, CRC32C crc) throws IOException {
        int n = (int) (-out.position() & (ALIGN - 1));
        crc.update(new byte[n]);
        writeAll(out, ByteBuffer.allocate(n));
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int _ = out.write(bytes);
        }
    }

    /** What is done with a mapped file. */
    private interface Reader<T> {
        T read(MemorySegment all);
    }

    private static <T> T map(Path file, Reader<T> reader) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(
                    file + (Files.exists(file) ? " is not a regular file" : " does not exist; check the path"));
        }
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            return reader.read(in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena));
        } catch (IOException e) {
            throw new CheckpointException(file + " cannot be read: " + e, e);
        }
    }

    /** How the rows of a file are kept; its content is not looked at. */
    static CacheType caches(Path file) {
        return map(file, all -> SessionHeader.readHeader(file, all).caches());
    }

    /** Fills an empty sequence and drafter; they stay empty where the file is refused. */
    static Saved read(Path file, StepRunner runner, Sequence trunk, @Nullable Drafter drafter) {
        return map(file, all -> {
            SessionHeader header = SessionHeader.read(file, all);
            Sequence draft = drafter == null ? null : drafter.fork();
            try (Saved.Caches closes = Saved.Caches.of(draft)) {
                header.check(file, runner, trunk, closes.sequence());
                return take(file, all, header, trunk, drafter, draft, runner);
            }
        });
    }

    private static Saved take(
            Path file,
            MemorySegment all,
            SessionHeader h,
            Sequence trunk,
            @Nullable Drafter drafter,
            @Nullable Sequence draft,
            StepRunner runner) {
        int[] conversation = all.asSlice(h.bytes(), 4L * h.conversation()).toArray(SessionHeader.INT);
        for (int token : conversation) {
            if (token < 0 || token >= runner.vocabSize()) {
                throw new CheckpointException(
                        file + " holds token " + token + ", outside the vocabulary of " + runner.vocabSize());
            }
        }
        List<MemorySegment> rows = new ArrayList<>();
        long at = aligned(h.bytes() + 4L * h.conversation());
        at = rows(all, at, h.trunkRows(), h.trunkRowBytes(), rows);
        List<MemorySegment> draftRows = new ArrayList<>();
        at = rows(all, at, h.draftRows(), h.draftRowBytes(), draftRows);
        byte[] attachment = all.asSlice(at, h.attachment()).toArray(ValueLayout.JAVA_BYTE);
        trunk.append(h.trunkRows(), rows);
        if (drafter != null && draft != null && h.draftRows() > 0) {
            Sequence filled = draft.fork(0);
            filled.append(h.draftRows(), draftRows);
            drafter.adopt(filled);
        }
        return new Saved(h.model(), conversation, h.sampler(), attachment);
    }

    /** Adds the rows of each state, which begin at {@code at}; returns where the next part begins. */
    private static long rows(MemorySegment all, long at, int count, int[] rowBytes, List<MemorySegment> to) {
        long next = at;
        for (int bytes : rowBytes) {
            to.add(all.asSlice(next, (long) count * bytes));
            next = aligned(next + (long) count * bytes);
        }
        return next;
    }

    static long aligned(long at) {
        return (at + ALIGN - 1) & -ALIGN;
    }

    /** Checksum of a part of a mapped file of any size. */
    static int checksum(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes.byteSize(); at += 1 << 30) {
            crc.update(
                    bytes.asSlice(at, Math.min(1 << 30, bytes.byteSize() - at)).asByteBuffer());
        }
        return (int) crc.getValue();
    }
}
