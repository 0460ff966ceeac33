package org.sluice.tests.mtp;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.sluice.tests.Fixtures;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** fixtures/demo-model/answers.json: prompts, greedy answers and what drafts gave along them. */
record Answers(JsonNode tree) {
    private static final String FILE = "demo-model/answers.json";

    /** Those of the fixtures. */
    static Answers read() {
        return read(Fixtures.path(FILE));
    }

    /** The repository's, for tests that need some prompt of the demonstration model. */
    static Answers own() {
        return read(Fixtures.own().resolve(FILE));
    }

    private static Answers read(Path file) {
        return new Answers(new ObjectMapper().readTree(file.toFile()));
    }

    /** One prompt and its answer. */
    record Case(String name, int[] prompt, int[] answer, JsonNode acceptedTree) {
        /** Tokens per verification round with {@code k} drafts, where they were recorded. */
        Optional<int[]> accepted(int k) {
            JsonNode rounds = acceptedTree.get(Integer.toString(k));
            return rounds == null || rounds.isNull() ? Optional.empty() : Optional.of(ints(rounds));
        }

        int stop() {
            return answer[answer.length - 1];
        }
    }

    List<Case> cases() {
        JsonNode all = tree.get("cases");
        return IntStream.range(0, all.size())
                .mapToObj(i -> {
                    JsonNode c = all.get(i);
                    return new Case(
                            i + " " + c.path("name").asString(""),
                            ints(c.get("prompt_tokens")),
                            ints(c.get("answer_tokens")),
                            c.path("accepted"));
                })
                .toList();
    }

    /** Numbers of drafts for which rounds were recorded. */
    List<Integer> lengths() {
        return tree.path("tokens_per_round")
                .propertyStream()
                .map(e -> Integer.parseInt(e.getKey()))
                .toList();
    }

    /** Mean over all rounds of all cases. */
    OptionalDouble tokensPerRound(int k) {
        JsonNode v = tree.path("tokens_per_round").get(Integer.toString(k));
        return v == null ? OptionalDouble.empty() : OptionalDouble.of(v.asDouble());
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }
}
