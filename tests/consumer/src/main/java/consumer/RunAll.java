package consumer;

import java.util.Arrays;
import java.util.Map;
import org.sluice.chat.Reply;

/** Runs the three examples and looks at what they return. */
public final class RunAll {
    private static int passed;
    private static int failed;

    private RunAll() {}

    /** @param args how this was started, for the last line */
    public static void main(String[] args) {
        example("answering", () -> {
            Reply reply = Answering.run();
            check(!reply.output().content().isBlank(), "no answer: " + reply);
            check(reply.generation().tokens().length > 0, "no tokens");
            check(!reply.finishReason().equals("cancelled"), "cancelled");
        });
        example("small graph", () -> {
            float[] experts = SmallGraph.run("cpu");
            check(experts.length == 128, experts.length + " floats");
            for (int i = 0; i < 64; i++) {
                check(experts[i] == 0, "a row of zeros gave " + experts[i]);
            }
            float[] expected = PlainExperts.secondRow();
            for (int i = 0; i < 64; i++) {
                check(
                        Math.abs(experts[64 + i] - expected[i]) < 1e-5,
                        "element " + i + " is " + experts[64 + i] + " instead of " + expected[i]);
            }
            check(!Arrays.equals(experts, new float[128]), "everything is zero");
        });
        example("every backend", () -> {
            Map<String, Float> differences = EveryBackend.run();
            check(differences.keySet().stream().anyMatch(s -> s.startsWith("cpu")), "no CPU in " + differences);
            check(
                    System.getProperty("sluice.cuda.driver", "").isBlank()
                            || differences.keySet().stream().anyMatch(s -> s.startsWith("cuda")),
                    "a CUDA driver is given, but no device in " + differences);
            check(differences.values().stream().allMatch(d -> d < 1e-4), "too far apart: " + differences);
        });
        System.out.println("consumer on the " + args[0] + ": " + passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    private static void example(String name, Runnable code) {
        try {
            code.run();
            passed++;
        } catch (RuntimeException | Error e) {
            failed++;
            System.out.println("FAILED " + name);
            e.printStackTrace(System.out);
        }
    }

    private static void check(boolean right, String otherwise) {
        if (!right) {
            throw new AssertionError(otherwise);
        }
    }
}
