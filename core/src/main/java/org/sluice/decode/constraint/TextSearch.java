package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Finds the first place where one of some texts ends (Aho and Corasick 1975). State 0 is the beginning; works on characters
 * or, given texts of bytes as characters up to 255, on bytes.
 */
final class TextSearch {
    private final List<String> states = new ArrayList<>();
    private final List<String> texts;
    private final int[] characters;

    TextSearch(List<String> texts) {
        this.texts = texts;
        TreeSet<Integer> all = new TreeSet<>();
        states.add("");
        for (String text : texts) {
            for (int i = 1; i <= text.length(); i++) {
                String prefix = text.substring(0, i);
                if (!states.contains(prefix)) {
                    states.add(prefix);
                }
                all.add((int) text.charAt(i - 1));
            }
        }
        characters = all.stream().mapToInt(Integer::intValue).toArray();
    }

    int states() {
        return states.size();
    }

    /** Characters that occur in a text; all others lead back to state 0. */
    int[] characters() {
        return characters;
    }

    int next(int state, int c) {
        String seen = states.get(state) + (char) c;
        while (!states.contains(seen)) {
            seen = seen.substring(1);
        }
        return states.indexOf(seen);
    }

    boolean isMatch(int state) {
        return match(state) >= 0;
    }

    /** The text that ends here, or −1. */
    int match(int state) {
        for (int i = 0; i < texts.size(); i++) {
            if (states.get(state).endsWith(texts.get(i))) {
                return i;
            }
        }
        return -1;
    }
}
