package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.sluice.chat.ChatTemplate;
import org.sluice.tests.Fixtures;

/** Prompts as Python's Jinja2 renders them with the models' own templates. */
@Tag("fixtures")
class TemplateFixtureTest {
    @TestFactory
    Stream<DynamicTest> rendersLikePython() {
        List<Map<String, Object>> cases = JsonFiles.objects(JsonFiles.read(Fixtures.path("chat/render.json")));
        return cases.stream()
                .map(c -> DynamicTest.dynamicTest(c.get("template") + ": " + c.get("name"), () -> {
                    String name = JsonFiles.text(c, "template");
                    Path file = template(name)
                            .orElseGet(() -> abort("the template of " + name
                                    + " is not part of the project; -Dsluice.shared=DIR names a folder that has it"));
                    Map<String, Object> variables = new LinkedHashMap<>(JsonFiles.object(c.get("options")));
                    variables.put("messages", c.get("messages"));
                    assertThat(ChatTemplate.open(file).render(variables)).isEqualTo(c.get("expected"));
                }));
    }

    private static Optional<Path> template(String name) {
        Stream<Path> folders =
                Stream.concat(Stream.of(Fixtures.root()), Fixtures.shared().map(s -> s.resolve("fixtures")).stream());
        return folders.map(f -> f.resolve(name).resolve("chat_template.jinja"))
                .filter(Files::exists)
                .findFirst();
    }
}
