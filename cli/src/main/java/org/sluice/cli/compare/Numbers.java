package org.sluice.cli.compare;

import java.util.Locale;

/** Numbers as people read them. */
public final class Numbers {
    private Numbers() {}

    /** A rate; below 100 with one decimal. */
    public static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond < 100 ? "%.1f" : "%,.0f", perSecond);
    }

    /** A time in seconds, or in milliseconds below one. */
    public static String seconds(double s) {
        return s < 1 ? String.format(Locale.ROOT, "%.0f ms", s * 1000) : String.format(Locale.ROOT, "%.2f s", s);
    }

    /** Nanoseconds as milliseconds. */
    public static String millis(double nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }

    /** A rate in units of 10⁹. */
    public static String giga(double perSecond) {
        return String.format(Locale.ROOT, "%.1f", perSecond / 1e9);
    }

    /** A share in percent. */
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** A small number with two digits that count. */
    public static String small(double v) {
        return v == 0 ? "0" : String.format(Locale.ROOT, v < 0.001 ? "%.1e" : "%.4f", v);
    }
}
