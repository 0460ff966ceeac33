package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Scripts without inputs: how rows, sequences and pages of 64 tokens can lie. */
final class Layouts {
    private final List<Action> actions = new ArrayList<>();

    private Layouts() {}

    /** One row. */
    static List<Action> one() {
        return rows(1);
    }

    /** {@code n} rows of one sequence in one step. */
    static List<Action> rows(int n) {
        return new Layouts().run(0, n).actions;
    }

    /** Two to nine rows. */
    static List<Action> few(Gen gen) {
        return rows(gen.between(2, 9));
    }

    /** More rows than a page has tokens. */
    static List<Action> many(Gen gen) {
        return rows(gen.between(70, 130));
    }

    /** Sequences of different lengths in one step, then again in another order. */
    static List<Action> mixed(Gen gen) {
        return new Layouts()
                .run(0, gen.between(65, 90), 1, gen.between(1, 5), 2, 1)
                .run(1, 2, 2, gen.between(2, 4), 0, 1)
                .run(3, 1, 0, 1, 2, 1)
                .actions;
    }

    /** Row by row and in chunks over page boundaries, cut back and grown again. */
    static List<Action> pages(Gen gen) {
        return new Layouts()
                .run(0, gen.between(58, 62))
                .run(0, 1)
                .run(0, 7)
                .run(0, 1)
                .truncate(0, gen.between(61, 63))
                .run(0, 4)
                .truncate(0, 64)
                .run(0, gen.between(62, 66))
                .truncate(0, 0)
                .run(0, 3)
                .actions;
    }

    /** Copies that share full pages and part ways inside one, the original closed before them. */
    static List<Action> forks(Gen gen) {
        return new Layouts()
                .run(0, gen.between(66, 80))
                .fork(0, 64, 1)
                .fork(0, gen.between(30, 63), 2)
                .fork(0, 65, 3)
                .run(1, 2, 0, 1, 2, 3, 3, 1)
                .truncate(0, 10)
                .run(0, gen.between(2, 60), 3, 1)
                .close(0)
                .run(4, gen.between(64, 70))
                .run(2, 1, 1, 1, 3, 2, 4, 1)
                .actions;
    }

    /** Every layout that a state can meet. */
    static List<List<Action>> stateful(Gen gen) {
        return List.of(one(), few(gen), many(gen), mixed(gen), pages(gen), forks(gen));
    }

    /** Every layout that matters where rows know nothing of each other. */
    static List<List<Action>> stateless(Gen gen) {
        return List.of(one(), few(gen), many(gen), mixed(gen));
    }

    /** The layout with other wishes: some rows in any order, some twice, and in one step none. */
    static List<Action> wanting(List<Action> layout, Gen gen) {
        List<Action> changed = new ArrayList<>();
        for (Action a : layout) {
            if (a instanceof Action.Run r) {
                int n = changed.size() == 1 ? 0 : gen.between(1, r.rows());
                int[] wanted = IntStream.range(0, n)
                        .map(i -> gen.between(0, r.rows() - 1))
                        .toArray();
                changed.add(new Action.Run(r.parts(), wanted, r.inputs()));
            } else {
                changed.add(a);
            }
        }
        return changed;
    }

    /** The layout with inputs for every step, made from its number and itself. */
    static List<Action> fill(List<Action> layout, BiFunction<Integer, Action.Run, Map<String, Data>> inputs) {
        List<Action> filled = new ArrayList<>();
        int run = 0;
        for (Action a : layout) {
            filled.add(a instanceof Action.Run r ? new Action.Run(r.parts(), r.wanted(), inputs.apply(run++, r)) : a);
        }
        return filled;
    }

    /** The steps of a script. */
    static List<Action.Run> runs(List<Action> script) {
        return script.stream()
                .filter(Action.Run.class::isInstance)
                .map(Action.Run.class::cast)
                .toList();
    }

    private Layouts run(int... sequencesAndRows) {
        List<Action.Part> parts = new ArrayList<>();
        for (int i = 0; i < sequencesAndRows.length; i += 2) {
            parts.add(new Action.Part(sequencesAndRows[i], sequencesAndRows[i + 1]));
        }
        int rows = parts.stream().mapToInt(Action.Part::rows).sum();
        actions.add(new Action.Run(parts, IntStream.range(0, rows).toArray(), Map.of()));
        return this;
    }

    private Layouts truncate(int sequence, int length) {
        actions.add(new Action.Truncate(sequence, length));
        return this;
    }

    private Layouts fork(int from, int length, int to) {
        actions.add(new Action.Fork(from, length, to));
        return this;
    }

    private Layouts close(int sequence) {
        actions.add(new Action.Close(sequence));
        return this;
    }
}
