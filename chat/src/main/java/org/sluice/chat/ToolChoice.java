package org.sluice.chat;

import org.jspecify.annotations.Nullable;

/**
 * Whether tools are called, and whether calls are held to the tools' schemas.
 *
 * @param mode which
 * @param name the tool that must be called, with {@link Mode#REQUIRED} only; null for any
 */
public record ToolChoice(Mode mode, @Nullable String name) {
    /** How tools are called. */
    public enum Mode {
        /** The model decides and writes what it wants. */
        FREE,
        /** The model decides; a call it begins names a known tool and has arguments that are valid for it. */
        CHECKED,
        /** The answer is calls, valid ones, and nothing else. */
        REQUIRED,
        /** No tool is called. */
        NONE
    }

    /** The model decides and writes what it wants. */
    public static final ToolChoice FREE = new ToolChoice(Mode.FREE, null);
    /** The model decides; calls are valid. */
    public static final ToolChoice CHECKED = new ToolChoice(Mode.CHECKED, null);
    /** At least one valid call. */
    public static final ToolChoice REQUIRED = new ToolChoice(Mode.REQUIRED, null);
    /** No call. */
    public static final ToolChoice NONE = new ToolChoice(Mode.NONE, null);

    /** One valid call of one tool. */
    public static ToolChoice of(String tool) {
        return new ToolChoice(Mode.REQUIRED, tool);
    }
}
