package org.sluice.cli.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Horizontal bars as SVG: one bar a line, of one or several parts. Colours are classes of the page. */
final class Chart {
    private static final int WIDTH = 720;
    private static final int LABEL = 130;
    private static final int VALUE = 110;
    private static final int LINE = 30;
    private static final int BAR = 18;

    /** A stretch of a bar. */
    record Part(String name, double value, int colour) {}

    private record Bar(String label, List<Part> parts, String value) {}

    private final String title;
    private final List<Bar> bars = new ArrayList<>();

    Chart(String title) {
        this.title = title;
    }

    Chart bar(String label, double value, String text, int colour) {
        return bar(label, List.of(new Part(label, value, colour)), text);
    }

    Chart bar(String label, List<Part> parts, String text) {
        bars.add(new Bar(label, List.copyOf(parts), text));
        return this;
    }

    /** The picture; screen readers get its title and every value. */
    String svg() {
        double most = bars.stream()
                .mapToDouble(b -> b.parts().stream().mapToDouble(Part::value).sum())
                .max()
                .orElse(1);
        int height = bars.size() * LINE + 4;
        StringBuilder s = new StringBuilder();
        s.append("<svg viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(height)
                .append("\" role=\"img\" aria-label=\"")
                .append(Page.escape(title))
                .append("\">\n");
        for (int i = 0; i < bars.size(); i++) {
            Bar b = bars.get(i);
            int y = i * LINE + 6;
            text(s, LABEL - 10, y + 14, "end", b.label());
            double x = LABEL;
            for (Part p : b.parts()) {
                double w = most <= 0 ? 0 : p.value() / most * (WIDTH - LABEL - VALUE);
                s.append(String.format(
                        Locale.ROOT,
                        "<rect class=\"c%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"><title>%s</title></rect>%n",
                        p.colour(),
                        x,
                        y,
                        Math.max(w, p.value() > 0 ? 1 : 0),
                        BAR,
                        Page.escape(p.name())));
                x += w;
            }
            text(s, x + 8, y + 14, "start", b.value());
        }
        return s.append("</svg>\n").toString();
    }

    private static void text(StringBuilder s, double x, int y, String anchor, String text) {
        s.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                Page.escape(text)));
    }
}
