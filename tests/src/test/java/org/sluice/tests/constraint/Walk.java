package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.Constraint;
import org.sluice.tests.constraint.Vocabularies.Words;

/** Texts drawn by nothing but a constraint, and texts put to it. */
final class Walk {
    private final Constraint constraint;
    private final Words words;

    Walk(Constraint constraint, Words words) {
        this.constraint = constraint;
        this.words = words;
    }

    /**
     * Draws allowed tokens with equal chance; from {@code hurry} tokens on those that tend to end the text. Null where there is
     * no end within {@code most} tokens.
     */
    @Nullable
    String draw(SplittableRandom random, int hurry, int most) {
        Constraint.Cursor cursor = constraint.begin(Set.of(words.stop()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        float[] logits = new float[words.tokens().size()];
        int[] allowed = new int[logits.length];
        for (int i = 0; i < most; i++) {
            Arrays.fill(logits, 0);
            cursor.mask(logits, logits.length);
            int n = 0;
            for (int t = 0; t < logits.length; t++) {
                if (logits[t] == 0) {
                    allowed[n++] = t;
                }
            }
            assertThat(n).as("tokens allowed after %s", out).isPositive();
            int token = allowed[random.nextInt(n)];
            if (i >= hurry) {
                token = ending(allowed, n, token, random);
            }
            cursor.advance(token);
            if (token == words.stop()) {
                return decode(out.toByteArray());
            }
            out.writeBytes(words.tokens().get(token));
        }
        return null;
    }

    private int ending(int[] allowed, int n, int otherwise, SplittableRandom random) {
        if (Arrays.binarySearch(allowed, 0, n, words.stop()) >= 0) {
            return words.stop();
        }
        if (random.nextInt(8) == 0) {
            return otherwise;
        }
        for (String wanted : new String[] {"]", "}", "\"", "n", "0", ",", "<"}) {
            int token = words.single(wanted.charAt(0));
            if (Arrays.binarySearch(allowed, 0, n, token) >= 0) {
                return token;
            }
        }
        return otherwise;
    }

    /** Whether a text may be written as a whole; in tokens cut at random, and as far as it is allowed also by the mask. */
    boolean accepts(String text, SplittableRandom random) {
        Constraint.Cursor cursor = constraint.begin(Set.of(words.stop()));
        String bytes = Vocabularies.latin(text);
        float[] logits = new float[words.tokens().size()];
        int at = 0;
        while (at < bytes.length()) {
            int token = -1;
            int fitting = 0;
            // every token that stands here has the same chance: long and short ones, straddling or not
            for (int t = 0; t < words.tokens().size(); t++) {
                boolean fits = words.tokens().get(t).length > 0 && bytes.startsWith(words.text(t), at);
                if (fits && random.nextInt(++fitting) == 0) {
                    token = t;
                }
            }
            Arrays.fill(logits, 0);
            boolean allowed = cursor.allows(token);
            cursor.mask(logits, logits.length);
            assertThat(logits[token] == 0)
                    .as("mask of %s at %s of %s", words.text(token), at, text)
                    .isEqualTo(allowed);
            if (!allowed) {
                return false;
            }
            cursor.advance(token);
            at += words.tokens().get(token).length;
        }
        return cursor.allows(words.stop());
    }

    /** Writes ASCII text byte by byte. */
    static void write(Constraint.Cursor cursor, Words words, String text) {
        for (int i = 0; i < text.length(); i++) {
            cursor.advance(words.single(text.charAt(i)));
        }
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("no valid UTF-8: " + new String(bytes, StandardCharsets.UTF_8), e);
        }
    }
}
