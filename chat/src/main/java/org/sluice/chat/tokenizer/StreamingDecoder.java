package org.sluice.chat.tokenizer;

/**
 * Turns token ids into text one by one, for one sequence and one thread.
 *
 * <p>A character whose bytes are spread over several tokens comes out with the last of them, never in halves. Bytes that are
 * no UTF-8 come out as U+FFFD, one per maximal ill-formed part (Unicode 16, section 3.9), so that the pieces joined equal
 * {@link Tokenizer#decode} of all ids.
 */
public final class StreamingDecoder {
    private static final char REPLACEMENT = '\uFFFD';

    private final Vocabulary vocabulary;
    private final boolean skipSpecial;

    /** Bits gathered of the character under way, how many bytes it still needs, and what its next byte may be. */
    private int bits;

    private int missing;
    private int lowest = 0x80;
    private int highest = 0xBF;

    StreamingDecoder(Vocabulary vocabulary, boolean skipSpecial) {
        this.vocabulary = vocabulary;
        this.skipSpecial = skipSpecial;
    }

    /** Text that became complete with this token; often empty. An id without a token adds nothing. */
    public String push(int id) {
        if (skipSpecial && vocabulary.isSpecial(id)) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        append(id, out);
        return out.toString();
    }

    /** What is left at the end of the sequence: empty, or U+FFFD for a character that was never finished. */
    public String finish() {
        boolean unfinished = missing > 0;
        reset();
        return unfinished ? String.valueOf(REPLACEMENT) : "";
    }

    void append(int id, StringBuilder out) {
        for (byte b : vocabulary.bytes(id)) {
            accept(b & 0xFF, out);
        }
    }

    private void accept(int b, StringBuilder out) {
        if (missing > 0) {
            if (b >= lowest && b <= highest) {
                lowest = 0x80;
                highest = 0xBF;
                bits = (bits << 6) | (b & 0x3F);
                if (--missing == 0) {
                    out.appendCodePoint(bits);
                }
                return;
            }
            out.append(REPLACEMENT);
            reset();
        }
        begin(b, out);
    }

    private void begin(int b, StringBuilder out) {
        if (b < 0x80) {
            out.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            missing = 1;
            bits = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
            missing = 2;
            bits = b & 0x0F;
            // Overlong forms and surrogates are ill-formed from their second byte on.
            lowest = b == 0xE0 ? 0xA0 : 0x80;
            highest = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            missing = 3;
            bits = b & 0x07;
            lowest = b == 0xF0 ? 0x90 : 0x80;
            highest = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            out.append(REPLACEMENT);
        }
    }

    private void reset() {
        bits = 0;
        missing = 0;
        lowest = 0x80;
        highest = 0xBF;
    }
}
