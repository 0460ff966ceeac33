package org.sluice.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/** Small steps of the demonstration model in few commands: how many, and that nothing else about them changes. */
class ChainsTest {
    /** Rows of the steps of a sequence; they cross pages and the sizes for which routes are made. */
    private static final int[] STEPS = {1, 1, 3, 64, 64, 1, 4, 512, 512, 1, 2, 5, 1};

    private static final int CONTEXT = 4096;

    @Test
    void aStepOfOneRowIsOneCommand() {
        with(program -> {
            assertThat(program.launches(1, 1)).isEqualTo(1);
            assertThat(program.launches(1, 1024)).isEqualTo(1);
            assertThat(program.launches(4, 64)).isLessThan(100);
            // many rows are worth dividing among cores
            assertThat(program.launches(64, 64)).isGreaterThan(100);
        });
    }

    @Test
    void resultsAreThoseOfSingleCommands() {
        with(program -> {
            List<float[]> chained = play(program);
            // what is timed runs as one command an operation
            program.profile(true);
            List<float[]> single = play(program);
            assertThat(chained).hasSameSizeAs(single);
            for (int i = 0; i < single.size(); i++) {
                assertThat(chained.get(i)).as("step %d", i).isEqualTo(single.get(i));
            }
            assertThat(program.timings()).allSatisfy(t -> assertThat(t.calls()).isEqualTo(STEPS.length));
        });
    }

    private interface Use {
        void run(OpenClProgram program);
    }

    private static void with(Use test) {
        try (OpenModel model = Models.open(Anywhere.demoModel());
                OpenClDevice device = Anywhere.device()) {
            Assumptions.assumeTrue(device.kernels().group() == 1, "the first device is no processor");
            try (OpenClProgram program = device.compile(
                    model.model().graph(GraphOptions.DEFAULT),
                    new ProgramOptions(512, 1, CONTEXT),
                    ProgressListener.NONE,
                    null)) {
                test.run(program);
            }
        }
    }

    private static List<float[]> play(OpenClProgram program) {
        List<float[]> all = new ArrayList<>();
        try (Sequence s = program.newSequence()) {
            Step step = new Step(512);
            for (int rows : STEPS) {
                step.clear().add(s, rows);
                step.want(rows - 1);
                for (int i = 0; i < rows; i++) {
                    program.input(LanguageModel.TOKENS)
                            .setAtIndex(ValueLayout.JAVA_INT, i, 5 + (s.length() + i) * 7 % 1000);
                }
                program.run(step);
                all.add(program.output(LanguageModel.LOGITS)
                        .asSlice(0, 4L * 1536)
                        .toArray(ValueLayout.JAVA_FLOAT));
            }
        }
        return all;
    }
}
