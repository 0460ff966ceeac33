package org.sluice.tests.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import tools.jackson.databind.json.JsonMapper;

/** One part's JSON object, written whenever something is added: what was measured before a time limit is kept. */
final class PartFile {
    private final Path file;
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private boolean failed;

    PartFile(Path file) {
        this.file = file;
    }

    void put(String field, Object value) {
        fields.put(field, value);
        try {
            Files.writeString(file, JsonMapper.shared().writeValueAsString(fields));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds what a measurement gives; where it fails, what was wrong, and the others go on. */
    void measure(String field, Callable<?> measurement) {
        try {
            put(field, measurement.call());
        } catch (Exception | LinkageError | AssertionError e) {
            failed = true;
            e.printStackTrace();
            put(field, Map.of("error", e.toString()));
        }
    }

    /** Adds what did not hold; nothing of it may be there. */
    void failures(List<String> all) {
        failed |= !all.isEmpty();
        all.forEach(System.err::println);
        put("failures", all);
    }

    /** Ends the process: with 0 where nothing has failed. */
    void exit() {
        System.exit(failed ? 1 : 0);
    }
}
