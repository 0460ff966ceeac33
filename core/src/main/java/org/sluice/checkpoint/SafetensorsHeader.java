package org.sluice.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import tools.jackson.core.JacksonException;

/**
 * The header of a safetensors file: eight bytes of little-endian length, then JSON
 * {@code {"name": {"dtype": .., "shape": [..], "data_offsets": [begin, end]}, .., "__metadata__": {..}}}, then the data to
 * which the offsets refer. Every byte of the data belongs to exactly one tensor.
 *
 * @param metadata the free-form strings of {@code __metadata__}
 * @param tensors by name, in the order of the header
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, SafetensorsTensor> tensors) {
    static final String METADATA = "__metadata__";
    private static final String DTYPE = "dtype";
    private static final String SHAPE = "shape";
    private static final String OFFSETS = "data_offsets";

    static final int LENGTH_BYTES = Long.BYTES;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // Far above any model, low enough that a hostile header cannot fill the heap with small objects.
    private static final int MAX_TENSORS = 1_000_000;
    private static final int MAX_METADATA = 100_000;
    private static final int MAX_RANK = 64;

    /**
     * Reads and checks the header.
     *
     * @param file what messages name
     * @param memory the whole file
     * @throws CheckpointException where anything in it is damaged or contradicts the file's size
     */
    static SafetensorsHeader read(Path file, MemorySegment memory) {
        long size = memory.byteSize();
        if (size < LENGTH_BYTES) {
            throw new CheckpointException(file + " has " + size
                    + " bytes, too few for a safetensors header length; it is damaged or not completely downloaded");
        }
        long length = memory.get(LENGTH, 0);
        if (length < 0 || length > SafetensorsJson.MAX_BYTES) {
            throw new CheckpointException(file + ": header length " + Long.toUnsignedString(length)
                    + " exceeds the limit of " + SafetensorsJson.MAX_BYTES + " bytes; this is no safetensors file");
        }
        if (length > size - LENGTH_BYTES) {
            throw new CheckpointException(
                    file + ": a header of " + length + " bytes does not fit into the file, which has " + size
                            + " bytes; it is damaged or not completely downloaded");
        }
        long dataStart = LENGTH_BYTES + length;
        try (SafetensorsJson json = new SafetensorsJson(file, memory.asSlice(LENGTH_BYTES, length))) {
            try {
                Reader reader = new Reader(json, dataStart, size - dataStart);
                reader.read();
                return new SafetensorsHeader(
                        Collections.unmodifiableMap(reader.metadata), Collections.unmodifiableMap(reader.tensors));
            } catch (JacksonException e) {
                throw json.error(e);
            }
        }
    }

    private static final class Reader {
        private final SafetensorsJson json;
        private final long dataStart;
        private final long dataBytes;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();
        private boolean metadataSeen;

        Reader(SafetensorsJson json, long dataStart, long dataBytes) {
            this.json = json;
            this.dataStart = dataStart;
            this.dataBytes = dataBytes;
        }

        void read() {
            json.object(() -> "the header");
            for (String name = json.name(); name != null; name = json.name()) {
                if (name.equals(METADATA)) {
                    readMetadata();
                } else if (tensors.put(name, tensor(name)) != null) {
                    throw json.error(called(name) + " is listed twice");
                } else if (tensors.size() > MAX_TENSORS) {
                    throw json.error("the header lists more than " + MAX_TENSORS + " tensors");
                }
            }
            json.end();
            checkLayout();
        }

        private void readMetadata() {
            if (metadataSeen) {
                throw json.error(METADATA + " is listed twice");
            }
            metadataSeen = true;
            json.object(() -> METADATA);
            for (String key = json.name(); key != null; key = json.name()) {
                String name = key;
                Supplier<String> what = () -> METADATA + " field '" + SafetensorsJson.quote(name) + "'";
                if (metadata.put(key, json.string(what)) != null) {
                    throw json.error(what.get() + " is listed twice");
                }
                if (metadata.size() > MAX_METADATA) {
                    throw json.error(METADATA + " has more than " + MAX_METADATA + " fields");
                }
            }
        }

        private SafetensorsTensor tensor(String name) {
            String typeName = null;
            List<Long> extents = null;
            List<Long> offsets = null;
            json.object(() -> called(name));
            for (String f = json.name(); f != null; f = json.name()) {
                String field = f;
                Supplier<String> what = () -> called(name, field);
                switch (field) {
                    case DTYPE -> typeName = once(what, typeName, json.string(what));
                    case SHAPE -> extents = once(what, extents, json.sizes(what, MAX_RANK));
                    case OFFSETS -> offsets = once(what, offsets, json.sizes(what, 2));
                    default -> json.skip();
                }
            }
            if (typeName == null || extents == null || offsets == null) {
                String missing = typeName == null ? DTYPE : extents == null ? SHAPE : OFFSETS;
                throw json.error(called(name) + " has no field '" + missing + "'");
            }
            String unknown = typeName;
            SafetensorsType type = SafetensorsType.fromName(typeName)
                    .orElseThrow(() -> json.error(
                            called(name, DTYPE) + " has the unknown type '" + SafetensorsJson.quote(unknown) + "'"));
            return tensor(name, type, extents, offsets);
        }

        private <T> T once(Supplier<String> what, @Nullable T before, T now) {
            if (before != null) {
                throw json.error(what.get() + " is listed twice");
            }
            return now;
        }

        private SafetensorsTensor tensor(String name, SafetensorsType type, List<Long> extents, List<Long> offsets) {
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw json.error(called(name, OFFSETS) + " " + offsets + " is not a begin and an end");
            }
            long begin = offsets.get(0);
            long bytes = offsets.get(1) - begin;
            long needed;
            try {
                needed = SafetensorsTensor.bytes(type, extents);
            } catch (ArithmeticException e) {
                throw json.error(called(name, SHAPE) + " " + extents + " of " + type + " has no possible size: "
                        + e.getMessage());
            }
            if (bytes != needed) {
                throw json.error(called(name, OFFSETS) + " " + offsets + " spans " + bytes + " bytes, but " + type
                        + extents + " takes " + needed + " bytes");
            }
            if (offsets.get(1) > dataBytes) {
                throw json.error(called(name, OFFSETS) + " " + offsets + " ends outside the data, which has "
                        + dataBytes + " bytes; the file is truncated or not completely downloaded");
            }
            return new SafetensorsTensor(name, type, extents, dataStart + begin, bytes);
        }

        /** The format allows neither overlaps nor holes, so that a file cannot be two things at once. */
        private void checkLayout() {
            List<SafetensorsTensor> ordered = tensors.values().stream()
                    .sorted(Comparator.comparingLong(SafetensorsTensor::offset)
                            .thenComparingLong(SafetensorsTensor::bytes))
                    .toList();
            long end = dataStart;
            SafetensorsTensor before = null;
            for (SafetensorsTensor t : ordered) {
                if (t.offset() != end) {
                    throw json.error(called(t.name(), OFFSETS) + " begins at " + (t.offset() - dataStart)
                            + ", which " + (t.offset() < end ? "overlaps " : "leaves a hole after ") + called(before)
                            + ", which ends at " + (end - dataStart));
                }
                end = t.offset() + t.bytes();
                before = t;
            }
            if (end != dataStart + dataBytes) {
                throw json.error(
                        (dataStart + dataBytes - end) + " bytes after " + called(before) + " belong to no tensor");
            }
        }

        private static String called(@Nullable SafetensorsTensor before) {
            return before == null ? "the start of the data" : called(before.name());
        }

        private static String called(String tensor, String field) {
            return called(tensor) + ", field '" + SafetensorsJson.quote(field) + "',";
        }

        private static String called(String tensor) {
            return "tensor '" + SafetensorsJson.quote(tensor) + "'";
        }
    }
}
