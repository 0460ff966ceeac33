package org.sluice.cli;

import java.util.function.Consumer;
import org.sluice.chat.OutputEvent;

/** Writes an answer while it comes: thoughts faint, or marked where there are no colours, or not at all. */
final class AnswerPrinter implements Consumer<OutputEvent> {
    private enum Part {
        NOTHING,
        THOUGHT,
        CONTENT,
        CALL
    }

    private final Io io;
    private final boolean thoughts;
    private Part last = Part.NOTHING;
    private boolean atLineStart = true;

    /** @param thoughts whether reasoning is shown */
    AnswerPrinter(Io io, boolean thoughts) {
        this.io = io;
        this.thoughts = thoughts;
    }

    @Override
    public void accept(OutputEvent event) {
        switch (event) {
            case OutputEvent.ReasoningDelta r -> {
                if (thoughts) {
                    begin(Part.THOUGHT);
                    write(r.text(), true);
                }
            }
            case OutputEvent.ContentDelta c -> {
                // white space between a thought and a call is no answer
                if (last != Part.CONTENT && c.text().isBlank()) {
                    return;
                }
                begin(Part.CONTENT);
                write(c.text(), false);
            }
            case OutputEvent.CallFinished c -> {
                begin(Part.CALL);
                String call = Json.write(Json.call(c.call()));
                write((io.outTerminal() ? io.bold("→ ") : "") + call + "\n", false);
            }
        }
    }

    /** The answer is over: ends its last line. */
    void finish() {
        if (!atLineStart) {
            io.print("\n");
            atLineStart = true;
        }
    }

    private void begin(Part part) {
        if (part == last && part != Part.CALL) {
            return;
        }
        finish();
        if (part == Part.THOUGHT && !io.colours()) {
            io.print("[thinking] ");
        }
        if (last == Part.THOUGHT && !io.colours()) {
            io.print("[answer] ");
        }
        last = part;
    }

    private void write(String text, boolean faint) {
        if (text.isEmpty()) {
            return;
        }
        String shown = last == Part.CALL ? text : io.harmless(text);
        io.print(faint ? io.dim(shown) : shown);
        atLineStart = text.endsWith("\n");
    }
}
