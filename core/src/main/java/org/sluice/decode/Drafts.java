package org.sluice.decode;

import org.sluice.error.InvalidRequestException;

/**
 * Whether and how far a session runs ahead of itself. The answer is the same with and without; only its speed differs.
 *
 * @param most drafts a step checks at most; 0 for none
 * @param adaptive whether fewer are made where they do not pay
 */
public record Drafts(int most, boolean adaptive) {
    /** None. */
    public static final Drafts OFF = new Drafts(0, false);
    /** As many as pay. */
    public static final Drafts AUTO = new Drafts(5, true);

    private static final int LIMIT = 8;

    /** Checks the number. */
    public Drafts {
        if (most < 0 || most > LIMIT) {
            throw new InvalidRequestException("drafts must be between 0 and " + LIMIT + ", not " + most);
        }
    }

    /** Always this many. */
    public static Drafts of(int n) {
        return new Drafts(n, false);
    }
}
