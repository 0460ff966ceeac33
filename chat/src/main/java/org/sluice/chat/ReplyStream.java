package org.sluice.chat;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.sluice.chat.tokenizer.StreamingDecoder;
import org.sluice.decode.TokenListener;

/** Turns the tokens of one answer into events while they come, and closes a thought that has used up its budget. */
final class ReplyStream implements TokenListener {
    private final StreamingDecoder decoder;
    private final OutputParser parser;
    private final StopTexts stops;
    private final Set<Integer> stopIds;
    private final int[] endOfThought;
    private final int budget;
    private final Consumer<OutputEvent> listener;
    private final StringBuilder text = new StringBuilder();
    private int thought;
    private int forced;

    ReplyStream(ChatFormat format, String prompt, ReplyOptions options, Consumer<OutputEvent> listener) {
        // tags are not special tokens for every tokenizer, so nothing may be skipped before the parser has seen it
        decoder = format.tokenizer().newStreamingDecoder(false);
        parser = format.newParser(prompt, options.tools());
        stops = new StopTexts(options.stop());
        stopIds = format.stopIds();
        budget = options.thinkingBudget().orElse(Integer.MAX_VALUE);
        endOfThought = budget == Integer.MAX_VALUE ? new int[0] : format.endOfThought();
        this.listener = listener;
    }

    @Override
    public int steer(int index, int drawn) {
        boolean closing = forced > 0 && forced < endOfThought.length;
        if (!closing && !(parser.isReasoning() && thought >= budget && forced == 0)) {
            return drawn;
        }
        return endOfThought[forced++];
    }

    @Override
    public boolean token(int index, int token) {
        if (stopIds.contains(token)) {
            return false;
        }
        if (parser.isReasoning()) {
            thought++;
        }
        emit(stops.push(decoder.push(token)));
        return !stops.isHit();
    }

    /** Everything is there: lets out what was held back. */
    ParsedOutput finish() {
        emit(stops.push(decoder.finish()));
        emit(stops.finish());
        send(parser.finish());
        return parser.output();
    }

    String text() {
        return text.toString();
    }

    private void emit(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            send(parser.push(piece));
        }
    }

    private void send(List<OutputEvent> events) {
        events.forEach(listener);
    }
}
