package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Follows a script without a device: where each row stands, and which rows of which steps its sequence holds. */
final class Replay {
    /** A row of a step. */
    record Origin(int run, int row) {}

    /**
     * A row in its place.
     *
     * @param position tokens before it in its sequence
     * @param seen where the tokens 0 to {@code position} came from
     */
    record Place(int position, List<Origin> seen) {}

    private final List<List<Place>> places = new ArrayList<>();
    private final List<Integer> contexts = new ArrayList<>();
    private int longest = 1;

    Replay(List<Action> script) {
        Map<Integer, List<Origin>> sequences = new HashMap<>();
        for (Action a : script) {
            switch (a) {
                case Action.Run run -> run(run, sequences);
                case Action.Truncate t -> sequences.put(t.sequence(), start(sequences, t.sequence(), t.length()));
                case Action.Fork f -> sequences.put(f.to(), start(sequences, f.from(), f.length()));
                case Action.Close c -> sequences.remove(c.sequence());
            }
        }
    }

    private static List<Origin> start(Map<Integer, List<Origin>> sequences, int sequence, int length) {
        return new ArrayList<>(Objects.requireNonNull(sequences.get(sequence)).subList(0, length));
    }

    private void run(Action.Run run, Map<Integer, List<Origin>> sequences) {
        List<Place> rows = new ArrayList<>();
        int context = 0;
        for (Action.Part p : run.parts()) {
            List<Origin> s = sequences.computeIfAbsent(p.sequence(), n -> new ArrayList<>());
            for (int i = 0; i < p.rows(); i++) {
                s.add(new Origin(places.size(), rows.size()));
                rows.add(new Place(s.size() - 1, List.copyOf(s)));
            }
            context = Math.max(context, s.size());
        }
        places.add(rows);
        contexts.add(context);
        longest = Math.max(longest, context);
    }

    /** The rows of step {@code run}. */
    List<Place> places(int run) {
        return places.get(run);
    }

    /** Tokens of the longest sequence of step {@code run}. */
    int context(int run) {
        return contexts.get(run);
    }

    /** Tokens of the longest sequence there ever is. */
    int longest() {
        return longest;
    }
}
