package org.sluice.chat.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code namespace(...)}: the one thing a template may change from within a loop. */
final class Namespace {
    final Map<String, @Nullable Object> members = new LinkedHashMap<>();
}
