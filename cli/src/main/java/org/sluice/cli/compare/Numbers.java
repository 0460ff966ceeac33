package org.sluice.cli.compare;

import java.util.Locale;

/** Numbers as people read them. */
final class Numbers {
    private Numbers() {}

    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond < 100 ? "%.1f" : "%,.0f", perSecond);
    }

    static String seconds(double s) {
        return s < 1 ? String.format(Locale.ROOT, "%.0f ms", s * 1000) : String.format(Locale.ROOT, "%.2f s", s);
    }

    static String millis(double nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }

    static String giga(double perSecond) {
        return String.format(Locale.ROOT, "%.1f", perSecond / 1e9);
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** A small number with two digits that count. */
    static String small(double v) {
        return v == 0 ? "0" : String.format(Locale.ROOT, v < 0.001 ? "%.1e" : "%.4f", v);
    }
}
