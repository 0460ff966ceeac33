package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** A choice of words, their common beginnings shared: large enumerations stay small and fast. */
final class WordTree {
    private WordTree() {}

    static Syntax of(List<String> words) {
        CharAutomaton.Builder out = new CharAutomaton.Builder("an enumeration of " + words.size() + " values");
        List<String> sorted = new ArrayList<>(new TreeSet<>(words));
        // states on the way to the newest word, by length
        List<Integer> path = new ArrayList<>(List.of(out.state()));
        String last = "";
        for (String word : sorted) {
            int[] characters = word.codePoints().toArray();
            int[] before = last.codePoints().toArray();
            int common = 0;
            while (common < Math.min(characters.length, before.length) && characters[common] == before[common]) {
                common++;
            }
            path.subList(common + 1, path.size()).clear();
            for (int i = common; i < characters.length; i++) {
                int next = out.state();
                out.edge(path.getLast(), CodePoints.of(characters[i]), next);
                path.add(next);
            }
            out.accept(path.getLast());
            last = word;
        }
        return new Syntax.Text(out.build(), Syntax.Encoding.PLAIN, 0, Regex.UNBOUNDED);
    }
}
