package org.sluice.chat.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;

/**
 * The checkpoint's own byte-level BPE tokenizer; safe to use from several threads, closed once by whoever opened it.
 *
 * <p>Encoding is done by the reference implementation's native core, decoding here. Nothing is ever fetched.
 */
public final class Tokenizer implements AutoCloseable {
    private final String source;
    private final Vocabulary vocabulary;
    private final TokenizersLibrary library;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private long handle;

    private Tokenizer(String source, Vocabulary vocabulary, TokenizersLibrary library, long handle) {
        this.source = source;
        this.vocabulary = vocabulary;
        this.library = library;
        this.handle = handle;
    }

    /**
     * Opens a tokenizer.json.
     *
     * @throws CheckpointException where it is missing or broken
     */
    public static Tokenizer open(Path tokenizerJson) {
        try {
            return fromJson(Files.readAllBytes(tokenizerJson), tokenizerJson.toString());
        } catch (IOException e) {
            throw new CheckpointException(
                    tokenizerJson + ": cannot be read (" + e.getClass().getSimpleName()
                            + "); a checkpoint folder needs its tokenizer.json",
                    e);
        }
    }

    /** As {@link #fromJson(String, String)}, from UTF-8 bytes. */
    public static Tokenizer fromJson(byte[] json, String source) {
        try {
            return fromJson(
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(json))
                            .toString(),
                    source);
        } catch (CharacterCodingException e) {
            throw new CheckpointException(source + ": is not valid UTF-8; fetch the file again", e);
        }
    }

    /**
     * Makes a tokenizer from the text of a tokenizer.json.
     *
     * @param source what errors call it
     * @throws CheckpointException where the text is not a tokenizer's
     */
    public static Tokenizer fromJson(String json, String source) {
        Vocabulary vocabulary = Vocabulary.parse(json, source);
        TokenizersLibrary library = TokenizerLibrary.get();
        long handle;
        try {
            handle = library.createTokenizerFromString(json);
        } catch (RuntimeException e) {
            throw new CheckpointException(
                    source + ": " + oneLine(e) + "; fetch the checkpoint's tokenizer.json again", e);
        }
        // Training leftovers; a prompt is never cut or padded by its tokenizer.
        library.disableTruncation(handle);
        library.disablePadding(handle);
        return new Tokenizer(source, vocabulary, library, handle);
    }

    /**
     * Ids of a text: no special token is added, added tokens written out in the text are matched.
     *
     * @throws InvalidRequestException where the text holds half a surrogate pair, which no UTF-8 can express
     */
    public int[] encode(String text) {
        checkSurrogates(text);
        lock.readLock().lock();
        try {
            if (handle == 0) {
                throw new IllegalStateException("the tokenizer of " + source + " is closed");
            }
            long encoding = library.encode(handle, text, false);
            try {
                long[] wide = library.getTokenIds(encoding);
                int[] ids = new int[wide.length];
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = Math.toIntExact(wide[i]);
                }
                return ids;
            } finally {
                library.deleteEncoding(encoding);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Text of ids. Bytes that are no UTF-8 become U+FFFD; ids without a token add nothing. */
    public String decode(int[] ids, boolean skipSpecial) {
        StreamingDecoder decoder = newStreamingDecoder(skipSpecial);
        StringBuilder out = new StringBuilder();
        for (int id : ids) {
            if (!skipSpecial || !vocabulary.isSpecial(id)) {
                decoder.append(id, out);
            }
        }
        return out.append(decoder.finish()).toString();
    }

    /** A decoder for one sequence. */
    public StreamingDecoder newStreamingDecoder(boolean skipSpecial) {
        return new StreamingDecoder(vocabulary, skipSpecial);
    }

    /** One more than the highest id; a model's logits may be longer (padding), never shorter. */
    public int size() {
        return vocabulary.size();
    }

    /** The id of a token as the vocabulary writes it (byte alphabet), added tokens included. */
    public OptionalInt id(String token) {
        Integer id = vocabulary.id(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The token of an id as the vocabulary writes it; empty for an id without a token. */
    public String token(int id) {
        String token = vocabulary.token(id);
        return token == null ? "" : token;
    }

    /** The bytes an id stands for, which need not be whole characters; none for an id without a token. */
    public byte[] bytes(int id) {
        return vocabulary.bytes(id);
    }

    /** Whether an id is a marker that "skip special" leaves out of the text. */
    public boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    /** Frees the native part; encoding afterwards fails, decoding goes on working. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                library.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private static void checkSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean second = i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
            boolean whole = Character.isLowSurrogate(c)
                    ? second
                    : !Character.isHighSurrogate(c)
                            || (i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1)));
            if (!whole) {
                throw new InvalidRequestException(
                        "the text holds half a surrogate pair (U+%04X) at index %d; send valid Unicode"
                                .formatted((int) c, i));
            }
        }
    }

    private static String oneLine(RuntimeException e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message.strip().replaceAll("\\s+", " ");
    }
}
