package org.sluice.chat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ToolChoice.Mode;
import org.sluice.decode.constraint.CharAutomaton;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.decode.constraint.Syntax;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/**
 * The syntax of whole answers in the format that {@link OutputParser} reads: a thought, then an answer or calls. Written so
 * that what is let through reads back as what was asked for: no text holds a tag that would end it.
 */
final class AnswerSyntax {
    /** What ends an argument for the reader of calls. */
    private static final List<String> NOT_IN_ARGUMENTS = List.of(CallReader.CLOSE_VALUE, OutputParser.CLOSE_CALL);
    /** What begins a call wherever it stands in an answer. */
    private static final List<String> NOT_IN_ANSWERS = List.of(OutputParser.OPEN_CALL);

    private final List<Tool> tools;
    private final ToolChoice choice;
    private final @Nullable ResponseFormat format;

    private AnswerSyntax(List<Tool> tools, ToolChoice choice, @Nullable ResponseFormat format) {
        this.tools = tools;
        this.choice = choice;
        this.format = format;
    }

    /** The syntax of an answer, or null where everything is allowed. */
    static @Nullable Syntax of(OutputParser.Start start, ReplyOptions options) {
        ToolChoice choice = options.toolChoice();
        boolean free = choice.mode() == Mode.FREE
                || (choice.mode() == Mode.CHECKED && options.tools().isEmpty());
        if (options.responseFormat() == null && free) {
            return null;
        }
        return new AnswerSyntax(options.tools(), choice, options.responseFormat()).whole(start);
    }

    private Syntax whole(OutputParser.Start start) {
        Syntax calls = calls();
        Syntax answer = answer(calls);
        Syntax thought = new Syntax.Free(
                List.of(
                        new Syntax.Mark(OutputParser.CLOSE_THINK, answer),
                        // models call tools from within a thought; that ends it
                        new Syntax.Mark(OutputParser.OPEN_CALL, calls)),
                false);
        return switch (start) {
            case REASONING -> thought;
            case CONTENT -> answer;
            case EITHER -> Syntax.choice(Syntax.sequence(Syntax.literal(OutputParser.OPEN_THINK), thought), answer);
        };
    }

    private Syntax answer(@Nullable Syntax calls) {
        Syntax called = calls == null ? null : Syntax.sequence(Syntax.literal(OutputParser.OPEN_CALL), calls);
        if (choice.mode() == Mode.REQUIRED && called != null) {
            return called;
        }
        if (format == null) {
            return new Syntax.Free(List.of(new Syntax.Mark(OutputParser.OPEN_CALL, calls)), true);
        }
        Syntax text = switch (format) {
            case ResponseFormat.Json f ->
                JsonSchema.of(f.schema(), NOT_IN_ANSWERS).document();
            case ResponseFormat.Pattern f ->
                new Syntax.Text(
                        CharAutomaton.matching(f.pattern()).without(NOT_IN_ANSWERS), Syntax.Encoding.PLAIN, 0, -1);
        };
        return called == null ? text : Syntax.choice(text, called);
    }

    /** One call or several, behind the first opening tag; null where there may be none. */
    private @Nullable Syntax calls() {
        if (choice.mode() == Mode.NONE || (tools.isEmpty() && choice.mode() != Mode.REQUIRED)) {
            return null;
        }
        List<Syntax> options = new ArrayList<>();
        for (Tool tool : tools) {
            if (choice.name() == null || choice.name().equals(tool.name())) {
                options.add(call(tool));
            }
        }
        if (options.isEmpty()) {
            throw new InvalidRequestException("a call of " + (choice.name() == null ? "a tool" : choice.name())
                    + " is required, but the request names only the tools "
                    + tools.stream().map(Tool::name).toList());
        }
        Syntax one = Syntax.sequence(new Syntax.Choice(options), Syntax.literal(OutputParser.CLOSE_CALL));
        if (choice.name() != null) {
            return one;
        }
        Syntax call = Syntax.rule("call", one);
        return Syntax.sequence(
                call, new Syntax.Repeat(Syntax.sequence(Syntax.literal(OutputParser.OPEN_CALL), call), 0, -1));
    }

    private static Syntax call(Tool tool) {
        List<Syntax.Field> fields = new ArrayList<>();
        for (JsonSchema.Argument a :
                JsonSchema.of(tool.parameters(), NOT_IN_ARGUMENTS).arguments()) {
            fields.add(new Syntax.Field(
                    Syntax.sequence(
                            Syntax.literal(CallReader.OPEN_KEY
                                    + word(a.name())
                                    + CallReader.CLOSE_KEY
                                    + CallReader.OPEN_VALUE),
                            a.value(),
                            Syntax.literal(CallReader.CLOSE_VALUE)),
                    a.required()));
        }
        return Syntax.sequence(
                Syntax.literal(word(tool.name())),
                new Syntax.Fields(fields, null, Syntax.EMPTY, Syntax.EMPTY, Syntax.EMPTY));
    }

    /** A name as it is read back: stripped, up to the next tag or line end. */
    private static String word(String name) {
        if (!name.equals(name.strip()) || name.indexOf('<') >= 0 || name.indexOf('\n') >= 0) {
            throw new UnsupportedException("the name '" + name
                    + "' cannot be written in a call: it holds < or a line end, or begins or ends with a blank");
        }
        return name;
    }
}
