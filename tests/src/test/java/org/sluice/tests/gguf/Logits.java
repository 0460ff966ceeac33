package org.sluice.tests.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/** What a model makes of a prompt. */
final class Logits {
    private Logits() {}

    /** Logits behind the last token, in exact arithmetic on the CPU. */
    static float[] last(Path path, int[] tokens) {
        DeviceOptions options = DeviceOptions.of("cpu").withThreads(2).withExact(true);
        try (OpenModel open = Models.open(path);
                Device device = Backends.open(options);
                Program program = device.compile(
                        open.model().graph(GraphOptions.DEFAULT), new ProgramOptions(tokens.length, 1, tokens.length));
                Sequence sequence = program.newSequence()) {
            Step step = new Step(tokens.length);
            step.add(sequence, tokens.length);
            step.want(tokens.length - 1);
            MemorySegment.copy(tokens, 0, program.input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, tokens.length);
            program.run(step);
            return program.output(LanguageModel.LOGITS)
                    .asSlice(0, 4L * open.model().vocabSize())
                    .toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
