package org.sluice.checkpoint;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    static final int LENGTH_BYTES = Long.BYTES;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // Far above any model, low enough that a hostile header cannot fill the heap with small objects.
    private static final int MAX_TENSORS = 1_000_000;
    private static final int MAX_METADATA = 100_000;
    private static final int MAX_RANK = 64;

    /**
     * Reads and checks the header.
     *
     * @throws CheckpointException where anything in it is damaged or contradicts the file's size
     */
    static SafetensorsHeader read(MappedFile file) {
        if (file.size() < LENGTH_BYTES) {
            throw new CheckpointException(file.path() + " has " + file.size()
                    + " bytes, too few for a safetensors header length; it is damaged or not completely downloaded");
        }
        long length = file.memory().get(LENGTH, 0);
        if (length < 0 || length > SafetensorsJson.MAX_BYTES) {
            throw new CheckpointException(file.path() + ": header length " + Long.toUnsignedString(length)
                    + " exceeds the limit of " + SafetensorsJson.MAX_BYTES + " bytes; this is no safetensors file");
        }
        var text = file.slice(LENGTH_BYTES, length, "header");
        long dataStart = LENGTH_BYTES + length;
        try (SafetensorsJson json = new SafetensorsJson(file.path(), text)) {
            try {
                Reader reader = new Reader(json, dataStart, file.size() - dataStart);
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
            json.object("the header");
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
            json.object(METADATA);
            for (String key = json.name(); key != null; key = json.name()) {
                String what = METADATA + " field '" + SafetensorsJson.quote(key) + "'";
                if (metadata.put(key, json.string(what)) != null) {
                    throw json.error(what + " is listed twice");
                }
                if (metadata.size() > MAX_METADATA) {
                    throw json.error(METADATA + " has more than " + MAX_METADATA + " fields");
                }
            }
        }

        private SafetensorsTensor tensor(String name) {
            String called = called(name);
            String typeName = null;
            List<Long> extents = null;
            List<Long> offsets = null;
            json.object(called);
            for (String field = json.name(); field != null; field = json.name()) {
                String what = called + ", field '" + SafetensorsJson.quote(field) + "',";
                switch (field) {
                    case "dtype" -> typeName = once(what, typeName, json.string(what));
                    case "shape" -> extents = once(what, extents, json.sizes(what, MAX_RANK));
                    case "data_offsets" -> offsets = once(what, offsets, json.sizes(what, 2));
                    default -> json.skip();
                }
            }
            if (typeName == null || extents == null || offsets == null) {
                String missing = typeName == null ? "dtype" : extents == null ? "shape" : "data_offsets";
                throw json.error(called + " has no field '" + missing + "'");
            }
            return tensor(name, type(called, typeName), extents, offsets);
        }

        private <T> T once(String what, @Nullable T before, T now) {
            if (before != null) {
                throw json.error(what + " is listed twice");
            }
            return now;
        }

        private SafetensorsType type(String called, String name) {
            return SafetensorsType.fromName(name)
                    .orElseThrow(() -> json.error(
                            called + ", field 'dtype', has the unknown type '" + SafetensorsJson.quote(name) + "'"));
        }

        private SafetensorsTensor tensor(String name, SafetensorsType type, List<Long> extents, List<Long> offsets) {
            String called = called(name) + ", field 'data_offsets', " + offsets;
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw json.error(called + " is not a begin and an end");
            }
            long begin = offsets.get(0);
            long bytes = offsets.get(1) - begin;
            long needed;
            try {
                needed = SafetensorsTensor.bytes(type, extents);
            } catch (ArithmeticException e) {
                throw json.error(called(name) + ", field 'shape', " + extents + " of " + type
                        + " has no possible size: " + e.getMessage());
            }
            if (bytes != needed) {
                throw json.error(
                        called + " spans " + bytes + " bytes, but " + type + extents + " takes " + needed + " bytes");
            }
            if (offsets.get(1) > dataBytes) {
                throw json.error(called + " ends outside the data, which has " + dataBytes
                        + " bytes; the file is truncated or not completely downloaded");
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
            String before = "the start of the data";
            for (SafetensorsTensor t : ordered) {
                if (t.offset() != end) {
                    throw json.error(called(t.name()) + ", field 'data_offsets', begins at " + (t.offset() - dataStart)
                            + ", which " + (t.offset() < end ? "overlaps " : "leaves a hole after ") + before
                            + ", which ends at " + (end - dataStart));
                }
                end = t.offset() + t.bytes();
                before = called(t.name());
            }
            if (end != dataStart + dataBytes) {
                throw json.error((dataStart + dataBytes - end) + " bytes after " + before + " belong to no tensor");
            }
        }

        private static String called(String tensor) {
            return "tensor '" + SafetensorsJson.quote(tensor) + "'";
        }
    }
}
