package org.sluice.tests.constraint;

import java.util.SplittableRandom;

/** Regular expressions drawn at random, in what Java's and ECMA's dialect have in common. */
final class RandomRegex {
    private static final String[] ATOMS = {
        "a",
        "b",
        "c",
        "1",
        " ",
        "-",
        "é",
        "日",
        "😀",
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
        "[abc]",
        "[^a]",
        "[a-c1-3]",
        "[^\\d\\s]",
        "[\\w-]",
        "[\\]\\-]",
        "\\.",
        "\\n",
        "\\t",
        "\\u0061",
        "\\x62",
        "[^é😀]",
        "\\p{Lu}",
        "\\P{L}",
        "[\\p{L}1]",
        "[à-ý]"
    };
    private static final String[] QUANTIFIERS = {"*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "{1,2}?"};
    private static final String[] TEXTS = {
        "a", "b", "c", "1", "2", " ", "-", "é", "日", "😀", "A", "\n", "\t", ".", "]", "z", "É", "_"
    };

    private final SplittableRandom random;

    RandomRegex(SplittableRandom random) {
        this.random = random;
    }

    String pattern() {
        return choice(3);
    }

    /** A short text over characters that the patterns know and some they do not. */
    String text() {
        StringBuilder b = new StringBuilder();
        int n = random.nextInt(7);
        for (int i = 0; i < n; i++) {
            b.append(TEXTS[random.nextInt(TEXTS.length)]);
        }
        return b.toString();
    }

    private String choice(int depth) {
        StringBuilder b = new StringBuilder(sequence(depth));
        while (random.nextInt(4) == 0) {
            b.append('|').append(sequence(depth));
        }
        return b.toString();
    }

    private String sequence(int depth) {
        StringBuilder b = new StringBuilder();
        int n = random.nextInt(4);
        for (int i = 0; i < n; i++) {
            if (random.nextInt(14) == 0) {
                b.append(random.nextBoolean() ? "^" : "$");
                continue;
            }
            b.append(
                    depth > 0 && random.nextInt(3) == 0
                            ? (random.nextBoolean() ? "(" : "(?:") + choice(depth - 1) + ")"
                            : ATOMS[random.nextInt(ATOMS.length)]);
            if (random.nextInt(3) == 0) {
                b.append(QUANTIFIERS[random.nextInt(QUANTIFIERS.length)]);
            }
        }
        return b.toString();
    }
}
