package org.sluice.tests.constraint;

import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;

/** JSON Schema, draft 2020-12, as somebody else has written it; formats are checked. */
final class Validator {
    private final Schema schema;

    Validator(String json) {
        schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(json);
    }

    /**
     * What is wrong with a document. The validator knows a list of top-level domains, which JSON Schema does not ask for: an
     * address it refuses is looked at again under one that it knows.
     */
    List<String> errors(String document) {
        List<String> errors = validate(document);
        boolean mail = errors.stream().anyMatch(e -> e.contains("email"));
        return mail ? validate(document.replaceAll("(@[A-Za-z0-9.-]+\\.)[A-Za-z]{2,}\"", "$1org\"")) : errors;
    }

    private List<String> validate(String document) {
        return schema
                .validate(
                        document,
                        InputFormat.JSON,
                        context -> context.setExecutionConfig(ExecutionConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build()))
                .stream()
                .map(Object::toString)
                .toList();
    }
}
