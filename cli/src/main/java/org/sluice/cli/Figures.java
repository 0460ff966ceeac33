package org.sluice.cli;

import java.util.Arrays;
import java.util.Locale;
import org.sluice.decode.Generation;

/** Numbers for people. */
final class Figures {
    private Figures() {}

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f s", nanos / 1e9);
    }

    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond < 100 ? "%.1f" : "%,.0f", perSecond);
    }

    static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** Parameters and the like: {@code 9.9 M}, {@code 744 B}. */
    static String large(long n) {
        return n >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f B", n / 1e9)
                : n >= 1_000_000 ? String.format(Locale.ROOT, "%.1f M", n / 1e6) : count(n);
    }

    /** What a generation took, in one line. */
    static String of(Generation g) {
        String speed = g.tokens().length < 2 ? "" : ", " + rate(g.decodeRate()) + " tokens/s";
        return "[" + g.tokens().length + (g.tokens().length == 1 ? " token" : " tokens") + speed
                + (g.drafts().rounds() > 0
                                && Arrays.stream(g.drafts().proposed()).sum() > 0
                        ? String.format(
                                Locale.ROOT, ", %.2f tokens a step", g.drafts().tokensPerRound())
                        : "")
                + ", first token after " + seconds(g.firstTokenNanos()) + ", prompt "
                + (g.prefillTokens() + g.reusedTokens()) + " tokens"
                + (g.reusedTokens() > 0 ? " (" + g.reusedTokens() + " kept)" : "") + "]";
    }
}
