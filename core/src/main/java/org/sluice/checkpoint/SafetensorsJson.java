package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the JSON of a safetensors file token by token, from the mapping, and says where it is not what it has to be.
 *
 * <p>Strict where a lenient reader would let two programs see different tensors in one file: UTF-8 only, integers only as
 * integers, nothing behind the end. What a value is called is asked for only when it is wrong: a checkpoint has a hundred
 * thousand tensors and, as a rule, no error.
 */
final class SafetensorsJson implements AutoCloseable {
    /** Longest JSON text, the limit of the format's own library. */
    static final long MAX_BYTES = 100_000_000;

    private static final int MAX_QUOTED = 200;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Names occur once: a table of them only costs time, and a hostile file could make its chains long.
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxNameLength(10_000)
                    .maxNumberLength(40)
                    .maxStringLength(10_000_000)
                    .build())
            .build();

    private final Path file;
    private final JsonParser parser;

    SafetensorsJson(Path file, MemorySegment text) {
        this.file = file;
        // Jackson guesses encodings and a plain InputStreamReader replaces bad bytes: both would hide damage.
        this.parser = FACTORY.createParser(
                ObjectReadContext.empty(),
                new InputStreamReader(
                        new SegmentStream(text),
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)));
    }

    /** Goes on to an object. */
    void object(Supplier<String> what) {
        expect(parser.nextToken(), JsonToken.START_OBJECT, what, "an object");
    }

    /** The next name in the object, or null at its end. */
    @Nullable
    String name() {
        return parser.nextName();
    }

    /** The value is a string. */
    String string(Supplier<String> what) {
        expect(parser.nextToken(), JsonToken.VALUE_STRING, what, "a string");
        return parser.getString();
    }

    /** The value is an array of integers that are not negative, at most {@code max} of them. */
    List<Long> sizes(Supplier<String> what, int max) {
        expect(parser.nextToken(), JsonToken.START_ARRAY, what, "an array of integers");
        List<Long> sizes = new ArrayList<>(4);
        for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
            expect(t, JsonToken.VALUE_NUMBER_INT, what, "an array of integers");
            long size = parser.getLongValue();
            if (size < 0) {
                throw error(what.get() + " holds " + size + ", but no size is negative");
            }
            if (sizes.size() == max) {
                throw error(what.get() + " holds more than " + max + " numbers");
            }
            sizes.add(size);
        }
        return sizes;
    }

    /** Passes over the value, whatever it is. */
    void skip() {
        parser.nextToken();
        parser.skipChildren();
    }

    /** Nothing but white space may follow. */
    void end() {
        if (parser.nextToken() != null) {
            throw error("the header goes on after its closing brace");
        }
    }

    private void expect(@Nullable JsonToken found, JsonToken wanted, Supplier<String> what, String description) {
        if (found != wanted) {
            throw error(what.get() + " has to be " + description + ", but is " + (found == null ? "missing" : found));
        }
    }

    /** An error about the place just read. */
    CheckpointException error(String what) {
        return new CheckpointException(file + ": " + what + " (near character "
                + parser.currentLocation().getCharOffset() + " of the JSON); the file is damaged");
    }

    /** What Jackson found, in our words. */
    CheckpointException error(JacksonException e) {
        String problem = e.getCause() instanceof CharacterCodingException
                ? "invalid UTF-8"
                : String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("syntax error");
        return new CheckpointException(
                file + ": invalid JSON: " + quote(problem) + " (near character "
                        + parser.currentLocation().getCharOffset() + "); the file is damaged",
                e);
    }

    /** A text from a file on one line of a message. */
    static String quote(String text) {
        String cut = text.length() <= MAX_QUOTED ? text : text.substring(0, MAX_QUOTED) + "…";
        return cut.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Override
    public void close() {
        parser.close();
    }

    private static final class SegmentStream extends InputStream {
        private final MemorySegment segment;
        private long next;

        SegmentStream(MemorySegment segment) {
            this.segment = segment;
        }

        @Override
        public int read() {
            return next == segment.byteSize() ? -1 : Byte.toUnsignedInt(segment.get(JAVA_BYTE, next++));
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int n = (int) Math.min(length, segment.byteSize() - next);
            if (n == 0 && length > 0) {
                return -1;
            }
            MemorySegment.copy(segment, JAVA_BYTE, next, into, offset, n);
            next += n;
            return n;
        }
    }
}
