package org.sluice.cli;

import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.OutputEvent;

/** Shows what was said before: to a person all of it, to a pipe one line that tells how much. */
final class Recap {
    private final Io io;

    Recap(Io io) {
        this.io = io;
    }

    void show(Conversation talk, String file) {
        if (io.outTerminal()) {
            talk.messages().forEach(this::show);
        }
        io.println(io.dim("goes on with " + Figures.count(talk.messages().size()) + " messages of " + file));
    }

    private void show(Message m) {
        String text = m.content().plainText();
        switch (m.role()) {
            case SYSTEM -> io.println(io.dim(io.harmless(text)));
            case USER -> io.println(io.bold("> ") + io.harmless(text));
            case TOOL -> io.println(io.dim("result> ") + io.harmless(text));
            case ASSISTANT -> {
                AnswerPrinter printer = new AnswerPrinter(io, true);
                if (m.reasoningContent() != null && !m.reasoningContent().isEmpty()) {
                    printer.accept(new OutputEvent.ReasoningDelta(m.reasoningContent()));
                }
                printer.accept(new OutputEvent.ContentDelta(text));
                for (int i = 0; i < m.toolCalls().size(); i++) {
                    printer.accept(new OutputEvent.CallFinished(i, m.toolCalls().get(i)));
                }
                printer.finish();
            }
        }
    }
}
