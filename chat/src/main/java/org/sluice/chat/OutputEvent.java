package org.sluice.chat;

/** A piece of what the model says, as soon as it is certain what kind of piece it is. */
public sealed interface OutputEvent {
    /** More of the thought. */
    record ReasoningDelta(String text) implements OutputEvent {}

    /** More of the answer. */
    record ContentDelta(String text) implements OutputEvent {}

    /**
     * A finished call.
     *
     * @param index 0 for the first call of the turn
     */
    record CallFinished(int index, ToolCall call) implements OutputEvent {}
}
