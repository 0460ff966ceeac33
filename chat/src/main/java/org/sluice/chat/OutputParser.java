package org.sluice.chat;

import java.util.ArrayList;
import java.util.List;
import org.sluice.chat.OutputEvent.CallFinished;
import org.sluice.chat.OutputEvent.ContentDelta;
import org.sluice.chat.OutputEvent.ReasoningDelta;

/**
 * Takes generated text apart into reasoning, answer and tool calls while it arrives; for one sequence and one thread.
 *
 * <p>The format is that of GLM-4.5 to 5.3: {@code thought</think>answer<tool_call>name<arg_key>k</arg_key>
 * <arg_value>v</arg_value></tool_call>}. Of the text only a suffix that may yet become a tag is held back, and a call until
 * it is complete. How the text is cut into pieces makes no difference to the result.
 *
 * <p>Rules for what models also produce: {@code <tool_call>} ends a thought that was not closed; white space alone before
 * or between calls is no content; a call that is never finished is dropped; a call without a name is content.
 */
public final class OutputParser {
    /** How the model's first character is to be read. */
    public enum Start {
        /** The prompt opened a thought. */
        REASONING,
        /** The prompt closed the thought. */
        CONTENT,
        /** The prompt says nothing: a thought begins if the output begins with {@code <think>}. */
        EITHER
    }

    static final String OPEN_THINK = "<think>";
    static final String CLOSE_THINK = "</think>";
    static final String OPEN_CALL = "<tool_call>";
    static final String CLOSE_CALL = "</tool_call>";

    private enum State {
        UNDECIDED,
        REASONING,
        CONTENT,
        CALL
    }

    private final CallReader calls;
    private State state;

    /** Text not yet accounted for; in state CALL everything since the opening tag. */
    private final StringBuilder pending = new StringBuilder();

    /** Where in {@link #pending} the search for a call's end goes on, so that a long argument is read once. */
    private int searched;

    /** White space at the beginning of the content or after a call: content only if more follows. */
    private final StringBuilder blank = new StringBuilder();

    private boolean blankMatters = true;
    private boolean atBlank = true;

    private boolean reasoned;
    private final StringBuilder reasoning = new StringBuilder();
    private final StringBuilder content = new StringBuilder();
    private final List<ToolCall> toolCalls = new ArrayList<>();

    /** @param tools whose schemas give the arguments their types; calls of other tools are read as JSON */
    public OutputParser(Start start, List<Tool> tools) {
        this.calls = new CallReader(tools);
        this.reasoned = start == Start.REASONING;
        this.state = switch (start) {
            case REASONING -> State.REASONING;
            case CONTENT -> State.CONTENT;
            case EITHER -> State.UNDECIDED;
        };
    }

    /** What has become certain with this piece. */
    public List<OutputEvent> push(String piece) {
        List<OutputEvent> events = new ArrayList<>();
        pending.append(piece);
        boolean more = true;
        while (more) {
            more = switch (state) {
                case UNDECIDED -> decide(false);
                case REASONING -> think(events);
                case CONTENT -> answer(events);
                case CALL -> call(events);
            };
        }
        return events;
    }

    /** What was held back at the end of the output. A call that is not complete is dropped. */
    public List<OutputEvent> finish() {
        List<OutputEvent> events = new ArrayList<>();
        if (state == State.UNDECIDED) {
            decide(true);
        }
        switch (state) {
            case REASONING -> emitReasoning(pending.toString(), events);
            case CONTENT -> {
                emitContent(pending.toString(), events);
                if (!blank.isEmpty() && blankMatters) {
                    append(blank.toString(), events);
                }
            }
            case CALL, UNDECIDED -> {}
        }
        pending.setLength(0);
        blank.setLength(0);
        return events;
    }

    /** Everything so far; complete after {@link #finish}. */
    public ParsedOutput output() {
        return new ParsedOutput(reasoned ? reasoning.toString() : null, content.toString(), toolCalls);
    }

    /** Whether the text so far ends inside a thought, which a thinking budget may cut short. */
    public boolean isReasoning() {
        return state == State.REASONING;
    }

    /** Takes a whole output apart. */
    public static ParsedOutput parse(String generated, Start start, List<Tool> tools) {
        OutputParser parser = new OutputParser(start, tools);
        parser.push(generated);
        parser.finish();
        return parser.output();
    }

    private boolean decide(boolean last) {
        int begin = 0;
        while (begin < pending.length() && Character.isWhitespace(pending.charAt(begin))) {
            begin++;
        }
        String text = pending.substring(begin);
        if (text.startsWith(OPEN_THINK)) {
            pending.delete(0, begin + OPEN_THINK.length());
            state = State.REASONING;
            reasoned = true;
            return true;
        }
        if (!last && OPEN_THINK.startsWith(text)) {
            return false;
        }
        state = State.CONTENT;
        return true;
    }

    private boolean think(List<OutputEvent> events) {
        int close = pending.indexOf(CLOSE_THINK);
        int open = pending.indexOf(OPEN_CALL);
        if (close >= 0 && (open < 0 || close < open)) {
            emitReasoning(pending.substring(0, close), events);
            pending.delete(0, close + CLOSE_THINK.length());
            state = State.CONTENT;
            return true;
        }
        if (open >= 0) {
            emitReasoning(pending.substring(0, open), events);
            beginCall(open);
            return true;
        }
        int keep = Math.max(heldBack(CLOSE_THINK), heldBack(OPEN_CALL));
        emitReasoning(pending.substring(0, pending.length() - keep), events);
        pending.delete(0, pending.length() - keep);
        return false;
    }

    private boolean answer(List<OutputEvent> events) {
        int open = pending.indexOf(OPEN_CALL);
        if (open >= 0) {
            emitContent(pending.substring(0, open), events);
            blank.setLength(0);
            beginCall(open);
            return true;
        }
        int keep = heldBack(OPEN_CALL);
        emitContent(pending.substring(0, pending.length() - keep), events);
        pending.delete(0, pending.length() - keep);
        return false;
    }

    private boolean call(List<OutputEvent> events) {
        int close = pending.indexOf(CLOSE_CALL, searched);
        if (close < 0) {
            searched = Math.max(0, pending.length() - CLOSE_CALL.length() + 1);
            return false;
        }
        String body = pending.substring(0, close);
        pending.delete(0, close + CLOSE_CALL.length());
        state = State.CONTENT;
        ToolCall call = calls.read(body);
        if (call == null) {
            emitContent(OPEN_CALL + body + CLOSE_CALL, events);
        } else {
            events.add(new CallFinished(toolCalls.size(), call));
            toolCalls.add(call);
            atBlank = true;
            blankMatters = false;
        }
        return true;
    }

    private void beginCall(int open) {
        pending.delete(0, open + OPEN_CALL.length());
        searched = 0;
        state = State.CALL;
    }

    private void emitReasoning(String text, List<OutputEvent> events) {
        if (!text.isEmpty()) {
            reasoning.append(text);
            events.add(new ReasoningDelta(text));
        }
    }

    private void emitContent(String text, List<OutputEvent> events) {
        if (atBlank && text.isBlank()) {
            blank.append(text);
        } else if (atBlank) {
            atBlank = false;
            append(blank + text, events);
            blank.setLength(0);
        } else {
            append(text, events);
        }
    }

    private void append(String text, List<OutputEvent> events) {
        if (!text.isEmpty()) {
            content.append(text);
            events.add(new ContentDelta(text));
        }
    }

    /** Length of the longest suffix of the pending text that begins {@code tag}. */
    private int heldBack(String tag) {
        for (int n = Math.min(tag.length() - 1, pending.length()); n > 0; n--) {
            if (tag.startsWith(pending.substring(pending.length() - n))) {
                return n;
            }
        }
        return 0;
    }
}
