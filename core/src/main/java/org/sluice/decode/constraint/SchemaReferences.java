package org.sluice.decode.constraint;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/** Finds what {@code $ref} points to (RFC 6901), within one schema. */
final class SchemaReferences {
    private final @Nullable Object root;

    SchemaReferences(@Nullable Object root) {
        this.root = root;
    }

    @Nullable
    Object resolve(String pointer, String path) {
        if (!pointer.equals("#") && !pointer.startsWith("#/")) {
            throw new UnsupportedException("the $ref '" + pointer + "' at " + path
                    + " leads out of the schema; put what it names under $defs and write #/$defs/NAME");
        }
        Object at = root;
        String[] parts = pointer.substring(1).split("/", -1);
        // in front of the first slash stands nothing
        for (int i = 1; i < parts.length; i++) {
            String name = URLDecoder.decode(parts[i].replace("+", "%2B"), StandardCharsets.UTF_8)
                    .replace("~1", "/")
                    .replace("~0", "~");
            Object next = null;
            if (at instanceof Map<?, ?> map && map.containsKey(name)) {
                next = map.get(name);
            } else if (at instanceof List<?> list && name.matches("\\d{1,6}") && Integer.parseInt(name) < list.size()) {
                next = list.get(Integer.parseInt(name));
            }
            if (next == null) {
                throw new InvalidRequestException(
                        "the $ref '" + pointer + "' at " + path + " leads nowhere: there is no '" + name + "'");
            }
            at = next;
        }
        return at;
    }
}
