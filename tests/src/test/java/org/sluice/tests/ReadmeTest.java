package org.sluice.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** README's Java is the consumer project's, which CI compiles and runs. */
class ReadmeTest {
    private static final Pattern BLOCK =
            Pattern.compile("(?:\\[`(tests/consumer/[^`]+\\.java)`][^\\n]*\\n+)?```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern REGION =
            Pattern.compile("^ *// \\[readme]\\n(.*?)^ *// \\[/readme]$", Pattern.DOTALL | Pattern.MULTILINE);

    @Test
    void everyExampleIsOneThatRuns() throws IOException {
        Path root = Fixtures.repository();
        List<String> seen = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(root.resolve("README.md")));
        while (block.find()) {
            assertThat(block.group(1)).as("file named above\n" + block.group(2)).isNotNull();
            Matcher region = REGION.matcher(Files.readString(root.resolve(block.group(1))));
            assertThat(region.find()).as(block.group(1) + " has a region").isTrue();
            assertThat(block.group(2))
                    .as(block.group(1))
                    .isEqualTo(region.group(1).stripTrailing().stripIndent() + "\n");
            seen.add(block.group(1));
        }
        assertThat(seen).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void theTestCommandIsTheOneThatCiRuns() throws IOException {
        Path root = Fixtures.repository();
        assertThat(Files.readString(root.resolve("README.md"))).contains("./mvnw verify\n");
        assertThat(Files.readString(root.resolve(".ci/run"))).contains("./mvnw -B verify");
    }
}
