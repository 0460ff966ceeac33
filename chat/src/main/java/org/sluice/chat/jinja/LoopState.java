package org.sluice.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. */
final class LoopState implements Callable {
    private final List<? extends @Nullable Object> items;
    private final int depth;
    private final @Nullable Callable recursion;
    private int index;
    private @Nullable Object lastSeen;
    private boolean seen;

    LoopState(List<? extends @Nullable Object> items, int depth, @Nullable Callable recursion) {
        this.items = items;
        this.depth = depth;
        this.recursion = recursion;
    }

    void moveTo(int i) {
        index = i;
    }

    @Nullable
    Object member(String name, Budget budget) {
        int size = items.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) size - index;
            case "revindex0" -> size - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index + 1 < size ? items.get(index + 1) : new Undefined("there is no next item");
            case "cycle" ->
                (Callable) a -> {
                    if (a.count() == 0) {
                        throw JinjaException.runtime("no items for cycling given");
                    }
                    return a.positional().get(index % a.count());
                };
            case "changed" ->
                (Callable) a -> {
                    boolean changed = !seen || !Values.equal(lastSeen, a.positional(), budget);
                    seen = true;
                    lastSeen = a.positional();
                    return changed;
                };
            default -> Undefined.member("loop", "'" + name + "'");
        };
    }

    int depth() {
        return depth;
    }

    /** {@code loop(children)}: the same loop over other items, one level down. */
    @Override
    public @Nullable Object call(Arguments arguments) {
        if (recursion == null) {
            throw JinjaException.runtime("the loop must have the 'recursive' marker to be called");
        }
        return recursion.call(arguments);
    }
}
