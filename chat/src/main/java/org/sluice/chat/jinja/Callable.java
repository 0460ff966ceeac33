package org.sluice.chat.jinja;

import org.jspecify.annotations.Nullable;

/** Something a template may call: a function of ours, a method of a value, a macro. */
@FunctionalInterface
interface Callable {
    @Nullable
    Object call(Arguments arguments);
}
