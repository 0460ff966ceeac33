package org.sluice.chat.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of a template, a loop turn or a macro call; what is not here is looked for outside. */
final class Scope {
    private final @Nullable Scope outer;
    private final Map<String, @Nullable Object> variables = new HashMap<>();

    Scope(@Nullable Scope outer) {
        this.outer = outer;
    }

    void set(String name, @Nullable Object value) {
        variables.put(name, value);
    }

    @Nullable
    Object get(String name) {
        for (Scope s = this; s != null; s = s.outer) {
            Object value = s.variables.get(name);
            if (value != null || s.variables.containsKey(name)) {
                return value;
            }
        }
        return Undefined.name(name);
    }
}
