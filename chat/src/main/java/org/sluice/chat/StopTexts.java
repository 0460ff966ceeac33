package org.sluice.chat;

import java.util.List;

/** Lets text through until one of some texts appears in it; holds back what may still become one. */
final class StopTexts {
    private final List<String> texts;
    private String held = "";
    private boolean hit;

    StopTexts(List<String> texts) {
        this.texts = texts;
    }

    /** Takes the next piece and returns what is certain to lie before any stop text. */
    String push(String piece) {
        if (hit) {
            return "";
        }
        String text = held + piece;
        int first = -1;
        for (String t : texts) {
            int at = text.indexOf(t);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        if (first >= 0) {
            hit = true;
            held = "";
            return text.substring(0, first);
        }
        int keep = 0;
        for (String t : texts) {
            for (int n = Math.min(t.length() - 1, text.length()); n > keep; n--) {
                if (t.startsWith(text.substring(text.length() - n))) {
                    keep = n;
                    break;
                }
            }
        }
        held = text.substring(text.length() - keep);
        return text.substring(0, text.length() - keep);
    }

    /** What was held back, once no more will come. */
    String finish() {
        String rest = held;
        held = "";
        return rest;
    }

    /** Whether a stop text appeared. */
    boolean isHit() {
        return hit;
    }
}
