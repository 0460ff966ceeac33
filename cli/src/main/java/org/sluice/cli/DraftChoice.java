package org.sluice.cli;

import org.jspecify.annotations.Nullable;
import org.sluice.EngineOptions;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafts;
import org.sluice.error.InvalidRequestException;
import picocli.CommandLine.Option;

/** Options that say how far a model runs ahead of itself. They change its speed, never what greedy decoding answers. */
final class DraftChoice {
    @Option(
            names = "--drafts",
            paramLabel = "off|auto|N",
            defaultValue = "auto",
            description =
                    "Tokens that each step checks ahead, 0 to 8; auto makes as many as pay, by the checkpoint's own"
                            + " prediction layer or from repetitions in the text (default: ${DEFAULT-VALUE}).")
    private String drafts = "auto";

    @Option(
            names = "--draft-kind",
            paramLabel = "argmax|sampled",
            defaultValue = "argmax",
            description = "Draft the likeliest tokens, or draw them as the answer's are (default: ${DEFAULT-VALUE}).")
    private DraftKind kind = DraftKind.ARGMAX;

    @Option(
            names = "--draft-vocabulary",
            paramLabel = "N",
            description = "Draft the first N tokens of the vocabulary only, which reads less of a large head.")
    private @Nullable Integer vocabulary;

    EngineOptions engine(EngineOptions options) {
        Drafts d = drafts().withKind(kind);
        return options.withDrafts(vocabulary == null ? d : d.withVocabulary(vocabulary));
    }

    private Drafts drafts() {
        return switch (drafts) {
            case "off" -> Drafts.OFF;
            case "auto" -> Drafts.AUTO;
            default -> {
                try {
                    yield Drafts.of(Integer.parseInt(drafts));
                } catch (NumberFormatException e) {
                    throw new InvalidRequestException(
                            "--drafts takes off, auto or a number from 0 to 8, not '" + drafts + "'", e);
                }
            }
        };
    }
}
