package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All texts except some words: a tree of the words from which every other character leads into the free. */
final class OtherWords {
    private OtherWords() {}

    static CharAutomaton than(List<String> words) {
        CharAutomaton.Builder out =
                new CharAutomaton.Builder("names other than those of " + words.size() + " properties");
        List<Map<Integer, Integer>> children = new ArrayList<>();
        List<Boolean> isWord = new ArrayList<>();
        out.state();
        children.add(new HashMap<>());
        isWord.add(false);
        for (String word : words) {
            int at = 0;
            for (int c : word.codePoints().toArray()) {
                Integer next = children.get(at).get(c);
                if (next == null) {
                    next = out.state();
                    children.get(at).put(c, next);
                    children.add(new HashMap<>());
                    isWord.add(false);
                }
                at = next;
            }
            isWord.set(at, true);
        }
        int free = out.state();
        out.edge(free, CodePoints.ALL, free);
        out.accept(free);
        for (int i = 0; i < children.size(); i++) {
            CodePoints others = CodePoints.ALL;
            for (Map.Entry<Integer, Integer> e : children.get(i).entrySet()) {
                CodePoints c = CodePoints.of(e.getKey());
                others = others.minus(c);
                out.edge(i, c, e.getValue());
            }
            out.edge(i, others, free);
            if (!isWord.get(i)) {
                out.accept(i);
            }
        }
        return out.build();
    }
}
