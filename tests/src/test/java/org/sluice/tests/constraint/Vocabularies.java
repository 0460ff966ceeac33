package org.sluice.tests.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.sluice.decode.constraint.TokenTrie;

/** Vocabularies like those of byte-level BPE: all bytes, many words, and tokens that straddle whatever they can. */
final class Vocabularies {
    private static final String[] STRADDLING = {
        "{\"",
        "\"}",
        "\"},",
        "\"}}",
        "\",\"",
        "\", \"",
        "\": \"",
        "\":",
        "\":{\"",
        "\"]",
        "\"]}",
        "]}",
        "}}",
        "}}}",
        "[[",
        "[{\"",
        "],[",
        "},{\"",
        ":[",
        "{}",
        "[]",
        "\\\"",
        "\\\\",
        "\\n",
        "\\u",
        "\\u00",
        "\\ud83d",
        "\\ude00",
        "\"\"",
        "\",",
        "\n",
        "\n ",
        "\n  ",
        "\n    ",
        "\n        ",
        "{\n",
        "}\n",
        ",\n",
        ",\n  ",
        "true",
        "false",
        "null",
        "tru",
        "ue",
        "nul",
        "ll}",
        "e,",
        "true,\"",
        "-1",
        "12",
        "123",
        "0.",
        ".5",
        "e+",
        "E1",
        "1]",
        "0}",
        "2024",
        "-01",
        "T1",
        ":00",
        "Z\"",
        "@",
        ".com",
        "::",
        "é",
        "ö",
        "日本",
        "本語",
        "😀",
        "</",
        "</tool_call>",
        "<tool_call>",
        "<arg_key>",
        "</arg_key>",
        "<arg_value>",
        "</arg_value>",
        "</think>",
        "<think>",
        "arg_",
        "e><",
        ">{",
        ">\""
    };

    /** A vocabulary, and the token that ends a text in it. */
    record Words(List<byte[]> tokens, int stop, TokenTrie trie) {
        String text(int token) {
            return new String(tokens.get(token), StandardCharsets.ISO_8859_1);
        }

        /** The token that is this one byte. */
        int single(char b) {
            for (int t = 0; t < tokens.size(); t++) {
                if (tokens.get(t).length == 1 && tokens.get(t)[0] == (byte) b) {
                    return t;
                }
            }
            throw new AssertionError("no token for the byte " + (int) b);
        }
    }

    private Vocabularies() {}

    /** All bytes and about {@code size} other tokens. */
    static Words of(int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Set<String> words = new LinkedHashSet<>();
        for (int b = 0; b < 256; b++) {
            words.add(String.valueOf((char) b));
        }
        for (String s : STRADDLING) {
            words.add(latin(s));
        }
        String letters = "etaoinshrdlucmfwypvbgkjqxz";
        String marks = "\"{}[]:,.<>/\\-+_()='*#!? 0123456789\n\t";
        while (words.size() < size) {
            StringBuilder b = new StringBuilder();
            int kind = random.nextInt(10);
            if (kind < 7) {
                b.append(random.nextInt(3) > 0 ? " " : "");
                int n = 1 + random.nextInt(9);
                for (int i = 0; i < n; i++) {
                    // frequent letters more often
                    int r = random.nextInt(26);
                    b.append(letters.charAt(r * random.nextInt(26) / 25));
                }
                if (random.nextInt(12) == 0) {
                    b.append(marks.charAt(random.nextInt(marks.length())));
                }
            } else if (kind < 9) {
                int n = 1 + random.nextInt(4);
                for (int i = 0; i < n; i++) {
                    b.append(marks.charAt(random.nextInt(marks.length())));
                }
            } else {
                int n = 1 + random.nextInt(3);
                for (int i = 0; i < n; i++) {
                    b.appendCodePoint(0x4E00 + random.nextInt(4000));
                }
            }
            words.add(latin(b.toString()));
        }
        List<byte[]> tokens = new ArrayList<>();
        words.forEach(w -> tokens.add(w.getBytes(StandardCharsets.ISO_8859_1)));
        tokens.add(new byte[0]);
        return new Words(tokens, tokens.size() - 1, new TokenTrie(tokens.toArray(byte[][]::new)));
    }

    /** The UTF-8 bytes of a text, one character each. */
    static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
