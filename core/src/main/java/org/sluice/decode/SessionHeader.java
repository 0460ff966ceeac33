package org.sluice.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;

/**
 * The beginning of a session file (docs/session-format.md).
 *
 * @param model identity of the model
 * @param conversation tokens
 * @param trunkRows computed ones
 * @param draftRows those the drafter has rows of
 * @param trunkRowBytes bytes of a row of each state
 * @param draftRowBytes bytes of a row of each of the drafter's states
 * @param sampler how the last answer was drawn
 * @param caches how rows are kept, the drafter's among them
 * @param attachment bytes of what the application has added
 */
record SessionHeader(
        byte[] model,
        int conversation,
        int trunkRows,
        int draftRows,
        int[] trunkRowBytes,
        int[] draftRowBytes,
        @Nullable SamplerOptions sampler,
        CacheType caches,
        int attachment) {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** "SLUICESN", read as a little-endian number. */
    private static final long MAGIC = 0x4E53454349554C53L;

    private static final int VERSION = 3;
    private static final int FIXED = 152;
    private static final int CACHES = 144;
    private static final int ATTACHMENT = 148;
    private static final int HEADER_CRC = 28;
    private static final int MODEL = 32;
    private static final int MODEL_BYTES = 32;
    private static final int MOST_STATES = 100_000;

    static SessionHeader of(Saved saved, Sequence trunk, @Nullable Sequence draft) {
        return new SessionHeader(
                saved.model(),
                saved.conversation().length,
                trunk.length(),
                draft == null ? 0 : draft.length(),
                rowBytes(trunk),
                draft == null ? new int[0] : rowBytes(draft),
                saved.sampler(),
                trunk.states().isEmpty()
                        ? CacheType.F32
                        : trunk.states().getFirst().type(),
                saved.attachment().length);
    }

    private static int[] rowBytes(Sequence s) {
        return s.states().stream().mapToInt(s::rowBytes).toArray();
    }

    /** Bytes of the header, padding included. */
    long bytes() {
        return SessionFile.aligned(FIXED + 4L * (trunkRowBytes.length + draftRowBytes.length));
    }

    /** Bytes of the whole file. */
    private long fileBytes() {
        long at = SessionFile.aligned(bytes() + 4L * conversation);
        for (int b : trunkRowBytes) {
            at = SessionFile.aligned(at + (long) trunkRows * b);
        }
        for (int b : draftRowBytes) {
            at = SessionFile.aligned(at + (long) draftRows * b);
        }
        return SessionFile.aligned(at + attachment);
    }

    MemorySegment write(long fileBytes, int bodyCrc, Arena arena) {
        MemorySegment m = arena.allocate(bytes(), 64);
        m.set(LONG, 0, MAGIC);
        m.set(INT, 8, VERSION);
        m.set(INT, 12, (int) bytes());
        m.set(LONG, 16, fileBytes);
        m.set(INT, 24, bodyCrc);
        MemorySegment.copy(model, 0, m, ValueLayout.JAVA_BYTE, MODEL, MODEL_BYTES);
        m.set(INT, 64, conversation);
        m.set(INT, 68, trunkRows);
        m.set(INT, 72, draftRows);
        m.set(INT, 76, trunkRowBytes.length);
        m.set(INT, 80, draftRowBytes.length);
        if (sampler != null) {
            m.set(INT, 84, 1);
            m.set(DOUBLE, 88, sampler.temperature());
            m.set(INT, 96, sampler.topK());
            m.set(DOUBLE, 104, sampler.topP());
            m.set(DOUBLE, 112, sampler.minP());
            m.set(DOUBLE, 120, sampler.repetitionPenalty());
            m.set(LONG, 128, sampler.seed());
            m.set(LONG, 136, sampler.drawn());
        }
        m.set(INT, CACHES, code(caches));
        m.set(INT, ATTACHMENT, attachment);
        MemorySegment.copy(trunkRowBytes, 0, m, INT, FIXED, trunkRowBytes.length);
        MemorySegment.copy(draftRowBytes, 0, m, INT, FIXED + 4L * trunkRowBytes.length, draftRowBytes.length);
        m.set(INT, HEADER_CRC, SessionFile.checksum(m));
        return m;
    }

    /** Reads what can be checked without a model. */
    static SessionHeader read(Path file, MemorySegment all) {
        SessionHeader h = readHeader(file, all);
        if (all.get(INT, 24) != SessionFile.checksum(all.asSlice(h.bytes()))) {
            throw damaged(file, "the checksum of its content is wrong");
        }
        return h;
    }

    /** Reads the header of a file whose content is not looked at. */
    static SessionHeader readHeader(Path file, MemorySegment all) {
        long size = all.byteSize();
        if (size < 8 || all.get(LONG, 0) != MAGIC) {
            throw new CheckpointException(
                    file + " is not a saved session: it does not begin with SLUICESN; name another file");
        }
        if (size < FIXED) {
            throw cut(file, size, FIXED);
        }
        int version = all.get(INT, 8);
        if (version != VERSION) {
            throw new CheckpointException(file + " has version " + version + " of the session format; this is version "
                    + VERSION + "; begin a new session");
        }
        long headerBytes = all.get(INT, 12);
        int trunkStates = all.get(INT, 76);
        int draftStates = all.get(INT, 80);
        if (trunkStates < 0 || draftStates < 0 || trunkStates > MOST_STATES || draftStates > MOST_STATES) {
            throw damaged(file, "it claims " + trunkStates + " and " + draftStates + " states");
        }
        long expected = SessionFile.aligned(FIXED + 4L * (trunkStates + draftStates));
        if (headerBytes != expected) {
            throw damaged(file, "its header has " + headerBytes + " bytes instead of " + expected);
        }
        if (size < headerBytes) {
            throw cut(file, size, headerBytes);
        }
        byte[] header = all.asSlice(0, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment copy = MemorySegment.ofArray(header);
        int crc = copy.get(INT, HEADER_CRC);
        copy.set(INT, HEADER_CRC, 0);
        if (crc != SessionFile.checksum(copy)) {
            throw damaged(file, "the checksum of its header is wrong");
        }
        SessionHeader h = new SessionHeader(
                Arrays.copyOfRange(header, MODEL, MODEL + MODEL_BYTES),
                copy.get(INT, 64),
                copy.get(INT, 68),
                copy.get(INT, 72),
                copy.asSlice(FIXED, 4L * trunkStates).toArray(INT),
                copy.asSlice(FIXED + 4L * trunkStates, 4L * draftStates).toArray(INT),
                copy.get(INT, 84) == 0 ? null : sampler(file, copy),
                caches(file, copy.get(INT, CACHES)),
                copy.get(INT, ATTACHMENT));
        if (h.conversation < 0
                || h.trunkRows < 0
                || h.draftRows < 0
                || h.attachment < 0
                || h.trunkRows > h.conversation
                || h.draftRows > h.trunkRows) {
            throw damaged(
                    file,
                    h.conversation + " tokens, " + h.trunkRows + " rows, " + h.draftRows + " draft rows and "
                            + h.attachment + " attached bytes");
        }
        long fileBytes = copy.get(LONG, 16);
        if (size < fileBytes) {
            throw cut(file, size, fileBytes);
        }
        if (size != fileBytes || fileBytes != h.fileBytes()) {
            throw damaged(
                    file,
                    "it has " + size + " bytes, its header says " + fileBytes + ", its parts need " + h.fileBytes());
        }
        return h;
    }

    /** What stands for a type in files, whatever its place among the types. */
    private static int code(CacheType type) {
        return switch (type) {
            case F32 -> 0;
            case BF16 -> 1;
            case FP8 -> 2;
        };
    }

    private static CacheType caches(Path file, int code) {
        for (CacheType t : CacheType.values()) {
            if (code(t) == code) {
                return t;
            }
        }
        throw damaged(file, "it claims caches of type " + code);
    }

    private static SamplerOptions sampler(Path file, MemorySegment m) {
        try {
            return new SamplerOptions(
                    m.get(DOUBLE, 88),
                    m.get(INT, 96),
                    m.get(DOUBLE, 104),
                    m.get(DOUBLE, 112),
                    m.get(DOUBLE, 120),
                    m.get(LONG, 128),
                    m.get(LONG, 136));
        } catch (InvalidRequestException e) {
            throw damaged(file, "its sampler: " + e.getMessage());
        }
    }

    /** Checks that the caches are those of a model and fit it. */
    void check(Path file, StepRunner runner, Sequence trunk, @Nullable Sequence draft) {
        if (!Arrays.equals(model, runner.modelIdentity())) {
            throw new CheckpointException(file
                    + " was saved by another model, or by this one with weights of another type; open the model it"
                    + " belongs to");
        }
        if (caches != runner.caches()) {
            throw new CheckpointException(file + " holds caches of type " + caches + ", the session has "
                    + runner.caches() + "; restore it into a session of the file's type");
        }
        checkRows(file, trunk, trunkRowBytes);
        if (draft != null && draftRowBytes.length > 0) {
            checkRows(file, draft, draftRowBytes);
        }
        if (trunkRows > runner.maxContext()) {
            throw new CheckpointException(file + " holds " + trunkRows + " tokens, the context is "
                    + runner.maxContext() + "; open the model with a larger context");
        }
    }

    private static void checkRows(Path file, Sequence s, int[] got) {
        int[] rows = rowBytes(s);
        if (!Arrays.equals(rows, got)) {
            throw new CheckpointException(
                    file + " holds cache rows of " + Arrays.stream(got).sum()
                            + " bytes per token, this device keeps "
                            + Arrays.stream(rows).sum()
                            + "; open the model as it was when the session was saved");
        }
    }

    private static CheckpointException cut(Path file, long size, long expected) {
        return new CheckpointException(file + " ends after " + size + " of " + expected
                + " bytes: it was cut; restore a copy of it, or begin a new session");
    }

    private static CheckpointException damaged(Path file, String what) {
        return new CheckpointException(
                file + " is damaged: " + what + "; restore a copy of it, or begin a new session");
    }
}
