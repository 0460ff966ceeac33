package org.sluice.tests.chat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** JSON of test data as plain maps and lists. */
public final class JsonFiles {
    private static final JsonMapper MAPPER = new JsonMapper();

    private JsonFiles() {}

    public static Object read(Path file) {
        return MAPPER.readValue(file.toFile(), Object.class);
    }

    public static Object resource(String name) {
        try (InputStream in = JsonFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return MAPPER.readValue(in, Object.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(@Nullable Object json) {
        return (Map<String, Object>) Objects.requireNonNull(json);
    }

    @SuppressWarnings("unchecked")
    public static List<Map<String, Object>> objects(@Nullable Object json) {
        return (List<Map<String, Object>>) Objects.requireNonNull(json);
    }

    @SuppressWarnings("unchecked")
    public static int[] ids(@Nullable Object json) {
        return ((List<Integer>) Objects.requireNonNull(json))
                .stream().mapToInt(Integer::intValue).toArray();
    }

    public static String text(Map<String, Object> json, String member) {
        return String.valueOf(json.get(member));
    }
}
