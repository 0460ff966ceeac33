package org.sluice.decode;

import java.util.OptionalInt;
import org.sluice.error.InvalidRequestException;

/**
 * Whether and how far a session runs ahead of itself. What it answers is the same with and without; only its speed differs.
 *
 * @param most drafts a step checks at most; 0 for none
 * @param adaptive whether fewer are made where they do not pay
 * @param kind how drafts are picked
 * @param vocabulary only token ids below this are drafted. A draft layer's head reads as many bytes as its whole layer or
 *     more where the vocabulary is large, and byte-pair ids grow with rarity; default all
 */
public record Drafts(int most, boolean adaptive, DraftKind kind, OptionalInt vocabulary) {
    /** None. */
    public static final Drafts OFF = of(0);
    /** As many as pay. */
    public static final Drafts AUTO = new Drafts(5, true, DraftKind.ARGMAX, OptionalInt.empty());

    private static final int LIMIT = 8;

    /** Checks the numbers. */
    public Drafts {
        if (most < 0 || most > LIMIT) {
            throw new InvalidRequestException("drafts must be between 0 and " + LIMIT + ", not " + most);
        }
        if (vocabulary.isPresent() && vocabulary.getAsInt() < 1) {
            throw new InvalidRequestException(
                    "the draft vocabulary must hold at least 1 token, not " + vocabulary.getAsInt());
        }
    }

    /** Always this many. */
    public static Drafts of(int n) {
        return new Drafts(n, false, DraftKind.ARGMAX, OptionalInt.empty());
    }

    /** These drafts, picked in another way. */
    public Drafts withKind(DraftKind other) {
        return new Drafts(most, adaptive, other, vocabulary);
    }

    /** These drafts from the first {@code tokens} of the vocabulary only. */
    public Drafts withVocabulary(int tokens) {
        return new Drafts(most, adaptive, kind, OptionalInt.of(tokens));
    }
}
