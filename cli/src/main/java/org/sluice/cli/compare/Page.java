package org.sluice.cli.compare;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.sluice.backend.MemoryPlan;

/** A comparison as one HTML file that needs nothing else. */
public final class Page {
    private static final int COLOURS = 8;
    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dfe4ea; --page: #fbfcfd; }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e6eaf0; --soft: #9aa5b4; --line: #313a46; --page: #14181e; }
            }
            body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
              max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
            h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
            p { margin: .4rem 0; } .soft { color: var(--soft); font-size: .9rem; }
            svg { width: 100%; height: auto; display: block; } svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
            table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
            th { text-align: right; font-weight: 600; color: var(--soft); } th, td { padding: .3rem .5rem; }
            td { text-align: right; border-top: 1px solid var(--line); white-space: nowrap; }
            th:first-child, td:first-child { text-align: left; } .scroll { overflow-x: auto; }
            .key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .85rem; margin: .3rem 0 0; }
            .key span::before { content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .35rem;
              border-radius: 2px; background: var(--c); }
            .c0 { fill: #3b6fd4; --c: #3b6fd4; } .c1 { fill: #e0862f; --c: #e0862f; } .c2 { fill: #3f9d63; --c: #3f9d63; }
            .c3 { fill: #b9475c; --c: #b9475c; } .c4 { fill: #8562c4; --c: #8562c4; } .c5 { fill: #2b9bab; --c: #2b9bab; }
            .c6 { fill: #a8873a; --c: #a8873a; } .c7 { fill: #8a94a3; --c: #8a94a3; }
            """;

    private final Comparison all;
    private final StringBuilder html = new StringBuilder();

    private Page(Comparison all) {
        this.all = all;
    }

    /** The text of the file. */
    public static String of(Comparison all) {
        return new Page(all).page();
    }

    private String page() {
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(escape(all.model()))
                .append(" on ")
                .append(all.runs().size())
                .append(" backends</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n");
        tag("h1", all.model());
        soft(all.machine() + ", " + all.date());
        soft("Prompt: " + all.prompt() + " (" + all.promptTokens() + " tokens); random tokens from seed " + all.seed()
                + "; logits measured against " + all.reference() + ".");
        bars(
                "Decode, tokens per second",
                r -> r.decode().rate(),
                r -> Numbers.rate(r.decode().rate()));
        bars(
                "Prefill, tokens per second",
                r -> r.prefill().rate(),
                r -> Numbers.rate(r.prefill().rate()));
        start();
        steps();
        summary();
        all.runs().forEach(this::operations);
        absent();
        return html.append("</body>\n</html>\n").toString();
    }

    private void bars(String title, ToDoubleFunction<DeviceRun> value, Function<DeviceRun, String> text) {
        tag("h2", title);
        Chart c = new Chart(title);
        for (int i = 0; i < all.runs().size(); i++) {
            DeviceRun r = all.runs().get(i);
            c.bar(r.selector(), value.applyAsDouble(r), text.apply(r), i % (COLOURS - 1));
        }
        html.append(c.svg());
    }

    private void start() {
        tag("h2", "From the start of loading to the first token");
        Chart c = new Chart("loading and first token");
        for (DeviceRun r : all.runs()) {
            c.bar(
                    r.selector(),
                    List.of(
                            new Chart.Part("loading " + Numbers.seconds(r.loadSeconds()), r.loadSeconds(), 5),
                            new Chart.Part(
                                    "first token " + Numbers.seconds(r.firstTokenSeconds()), r.firstTokenSeconds(), 1)),
                    Numbers.seconds(r.loadSeconds() + r.firstTokenSeconds()));
        }
        html.append(c.svg());
        html.append("<p class=\"key\"><span class=\"c5\">loading, compiling</span>")
                .append("<span class=\"c1\">prompt to first token, cold</span></p>\n");
    }

    /** The kinds that take most anywhere get a colour; the rest share the last one. */
    private void steps() {
        tag("h2", "Where a decode step goes, milliseconds");
        Set<String> kinds = new LinkedHashSet<>();
        for (int place = 0; kinds.size() < COLOURS - 1 && place < COLOURS; place++) {
            for (DeviceRun r : all.runs()) {
                if (place < r.ops().size() && kinds.size() < COLOURS - 1) {
                    kinds.add(r.ops().get(place).kind());
                }
            }
        }
        List<String> named = List.copyOf(kinds);
        Chart c = new Chart("time of a decode step by kind of operation");
        for (DeviceRun r : all.runs()) {
            List<Chart.Part> parts = new ArrayList<>();
            double rest = r.opNanos();
            for (int k = 0; k < named.size(); k++) {
                String kind = named.get(k);
                double nanos = r.ops().stream()
                        .filter(o -> o.kind().equals(kind))
                        .mapToDouble(OpLine::nanos)
                        .sum();
                parts.add(new Chart.Part(kind + " " + Numbers.millis(nanos) + " ms", nanos, k));
                rest -= nanos;
            }
            parts.add(new Chart.Part("others " + Numbers.millis(rest) + " ms", Math.max(0, rest), COLOURS - 1));
            c.bar(r.selector(), parts, Numbers.millis(r.opNanos()) + " ms");
        }
        html.append(c.svg()).append("<p class=\"key\">");
        for (int k = 0; k < named.size(); k++) {
            html.append("<span class=\"c")
                    .append(k)
                    .append("\">")
                    .append(escape(named.get(k)))
                    .append("</span>");
        }
        html.append("<span class=\"c7\">others</span></p>\n");
        soft("Measured inside the operations; what lies between them (launches, sampling) is in the decode rate only.");
    }

    private void summary() {
        tag("h2", "All figures");
        open(
                "",
                "load",
                "first token",
                "prefill/s",
                "decode/s",
                "planned",
                "resident",
                "max |Δ|",
                "mean |Δ|",
                "KL",
                "differs at");
        for (DeviceRun r : all.runs()) {
            cells(
                    r.selector(),
                    Numbers.seconds(r.loadSeconds()),
                    Numbers.seconds(r.firstTokenSeconds()),
                    Numbers.rate(r.prefill().rate()),
                    Numbers.rate(r.decode().rate()),
                    MemoryPlan.human(r.planned()),
                    r.residentPeak().isPresent()
                            ? MemoryPlan.human(r.residentPeak().getAsLong())
                            : "–",
                    Numbers.small(r.distance().max()),
                    Numbers.small(r.distance().mean()),
                    Numbers.small(r.distance().divergence()),
                    r.firstDifference().isPresent()
                            ? "token " + r.firstDifference().getAsInt()
                            : "never");
        }
        html.append("</table></div>\n");
        soft("Distances: logits of "
                + all.runs().stream().mapToInt(r -> r.distance().rows()).max().orElse(0)
                + " rows over the same tokens. Planned: weights, workspace and caches of the program. Resident: most memory of"
                + " the process meanwhile, mapped files included.");
        all.runs().forEach(r -> soft(r.selector() + " is " + r.device()));
    }

    private void operations(DeviceRun r) {
        tag("h2", r.selector() + ": operations of a decode step");
        soft("Shares are of what one large product reaches here: "
                + Numbers.giga(r.peak().bytesPerSecond()) + " GB/s, "
                + Numbers.giga(r.peak().flopsPerSecond()) + " GFLOP/s. Small models stay in caches and can exceed it.");
        open("operation", "ms", "of step", "bytes", "GB/s", "of bandwidth", "MFLOP", "GFLOP/s", "of peak");
        for (OpLine o : r.ops()) {
            boolean reads = o.bytes() > 0 && o.nanos() > 0;
            boolean computes = o.flops() > 0 && o.nanos() > 0;
            cells(
                    o.kind(),
                    Numbers.millis(o.nanos()),
                    Numbers.percent(o.nanos() / r.opNanos()),
                    reads ? MemoryPlan.human(o.bytes()) : "–",
                    reads ? Numbers.giga(o.bytesPerSecond()) : "–",
                    reads ? Numbers.percent(o.bytesPerSecond() / r.peak().bytesPerSecond()) : "–",
                    computes ? Numbers.small(o.flops() / 1e6) : "–",
                    computes ? Numbers.giga(o.flopsPerSecond()) : "–",
                    computes ? Numbers.percent(o.flopsPerSecond() / r.peak().flopsPerSecond()) : "–");
        }
        html.append("</table></div>\n");
    }

    private void absent() {
        if (!all.absent().isEmpty()) {
            tag("h2", "Not measured");
            all.absent().forEach((name, reason) -> tag("p", name + ": " + reason));
        }
    }

    private void open(String... headings) {
        html.append("<div class=\"scroll\"><table>\n<tr>");
        for (String h : headings) {
            html.append("<th>").append(escape(h)).append("</th>");
        }
        html.append("</tr>\n");
    }

    private void cells(String... cells) {
        html.append("<tr>");
        for (String c : cells) {
            html.append("<td>").append(escape(c)).append("</td>");
        }
        html.append("</tr>\n");
    }

    private void soft(String text) {
        html.append("<p class=\"soft\">").append(escape(text)).append("</p>\n");
    }

    private void tag(String name, String text) {
        html.append('<')
                .append(name)
                .append('>')
                .append(escape(text))
                .append("</")
                .append(name)
                .append(">\n");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
