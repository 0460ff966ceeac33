package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/** Plays the script of a case on a device. */
final class Player {
    private final Program program;
    private final Step step;
    private final Map<Integer, Sequence> sequences = new HashMap<>();

    private Player(Program program, int maxRows) {
        this.program = program;
        step = new Step(maxRows);
    }

    /** The outputs of every step. */
    static List<Map<String, Data>> play(OpCase c, Device device) {
        Replay replay = new Replay(c.script());
        List<Action.Run> runs = Layouts.runs(c.script());
        int rows = runs.stream().mapToInt(Action.Run::rows).max().orElse(1);
        int outputs =
                Math.max(1, runs.stream().mapToInt(r -> r.wanted().length).max().orElse(1));
        List<Map<String, Data>> all = new ArrayList<>();
        try (Program program =
                device.compile(c.graph(), new ProgramOptions(Math.max(rows, outputs), outputs, replay.longest()))) {
            Player player = new Player(program, Math.max(rows, outputs));
            try {
                for (Action a : c.script()) {
                    player.act(a, replay, all);
                }
            } finally {
                player.sequences.values().forEach(Sequence::close);
            }
        }
        return all;
    }

    private void act(Action a, Replay replay, List<Map<String, Data>> results) {
        switch (a) {
            case Action.Run run -> results.add(run(run, replay.context(results.size())));
            case Action.Truncate t -> sequence(t.sequence()).truncate(t.length());
            case Action.Fork f -> sequences.put(f.to(), sequence(f.from()).fork(f.length()));
            case Action.Close c -> {
                sequence(c.sequence()).close();
                sequences.remove(c.sequence());
            }
        }
    }

    private Sequence sequence(int number) {
        return Objects.requireNonNull(sequences.get(number));
    }

    private Map<String, Data> run(Action.Run run, int context) {
        step.clear();
        for (Action.Part p : run.parts()) {
            step.add(sequences.computeIfAbsent(p.sequence(), n -> program.newSequence()), p.rows());
        }
        for (int r : run.wanted()) {
            step.want(r);
        }
        run.inputs().forEach((name, data) -> data.write(program.input(name)));
        program.run(step);
        Map<String, Data> out = new LinkedHashMap<>();
        for (Map.Entry<String, Value> e : program.graph().outputs().entrySet()) {
            Shape shape = e.getValue().spec().shape().resolve(run.rows(), Math.max(1, run.wanted().length), context);
            int n = run.wanted().length == 0 && e.getValue().rows() == Shape.OUTPUTS ? 0 : (int) shape.elements();
            out.put(
                    e.getKey(),
                    Data.read(program.output(e.getKey()), e.getValue().dtype(), n));
        }
        return out;
    }
}
