package org.sluice.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.ResponseFormat;
import org.sluice.chat.ToolChoice;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Options that hold an answer to a form. */
final class FormChoice {
    @ArgGroup
    private @Nullable Form form;

    @Option(
            names = "--tool-choice",
            paramLabel = "free|checked|required|none|NAME",
            description = "Whether tools are called and held to their schemas; NAME is one tool that must be.")
    private @Nullable String toolChoice;

    private static final class Form {
        @Option(names = "--json-schema", paramLabel = "FILE", description = "The answer is JSON under this schema.")
        private @Nullable Path schema;

        @Option(names = "--pattern", paramLabel = "REGEX", description = "This expression matches the whole answer.")
        private @Nullable String pattern;
    }

    ReplyOptions options(ReplyOptions o) {
        if (form != null && form.schema != null) {
            o = o.withResponseFormat(TextFile.parse(form.schema, "--json-schema", ResponseFormat::json));
        } else if (form != null && form.pattern != null) {
            o = o.withResponseFormat(ResponseFormat.pattern(form.pattern));
        }
        return toolChoice == null ? o : o.withToolChoice(toolChoice());
    }

    private ToolChoice toolChoice() {
        String name = toolChoice == null ? "free" : toolChoice;
        return switch (name) {
            case "free" -> ToolChoice.FREE;
            case "checked" -> ToolChoice.CHECKED;
            case "required" -> ToolChoice.REQUIRED;
            case "none" -> ToolChoice.NONE;
            default -> ToolChoice.of(name);
        };
    }
}
