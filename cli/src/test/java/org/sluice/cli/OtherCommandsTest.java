package org.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OtherCommandsTest {
    @Test
    void inspectTellsWhatAModelIsMadeOf() {
        Cli run = Cli.run("inspect", Cli.DEMO, "--context", "1000");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("glm_moe_dsa", "8 layers", "BF16", "routed experts", "for one conversation of 1,000 tokens");
        // 1 dense layer; indexers at layers 0, 1, 2 and 6
        assertThat(run.outLines().stream().map(String::strip).map(l -> l.replaceAll(" {2,}", "|")))
                .contains("0|dense|full: chooses positions", "1-2|experts|full: chooses positions")
                .anyMatch(l -> l.startsWith("3-5|experts|shared"))
                .contains("6|experts|full: chooses positions")
                .anyMatch(l -> l.startsWith("7|experts|shared"));
    }

    @Test
    void inspectRefusesAContextBeyondTheModel() {
        Cli run = Cli.run("inspect", Cli.DEMO, "--context", "1000000");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
    }

    @Test
    void devicesTellsWhatIsThereAndWhyNot() {
        Cli run = Cli.run("devices");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("cpu:vector", "cpu:reference", "cuda", "opencl");
    }

    @Test
    void benchMeasuresBesideAPlainRead() {
        Cli run = Cli.run(
                "bench",
                "--model",
                Cli.DEMO,
                "--prompt",
                "24",
                "--generate",
                "8",
                "--depth",
                "0,16",
                "--repeat",
                "2",
                "--threads",
                "2",
                "--profile",
                "--json");
        assertThat(run.err()).isEmpty();
        JsonNode o = new JsonMapper().readTree(run.out());
        assertThat(o.get("results").size()).isEqualTo(4);
        assertThat(o.get("threads").asInt()).isEqualTo(2);
        for (JsonNode r : o.get("results")) {
            assertThat(r.get("tokens_per_second").asDouble()).isPositive();
            assertThat(r.get("ms").size()).isEqualTo(2);
            if (r.get("test").asString().equals("decode")) {
                // all weights but the embedding table, 4 of 16 experts, in BF16
                assertThat(r.get("bytes_per_token").asLong()).isBetween(4_000_000L, 20_000_000L);
                assertThat(r.get("plain_read_bytes_per_second").asDouble()).isPositive();
                assertThat(r.get("share_of_plain_read").asDouble()).isPositive();
            }
        }
        assertThat(o.get("profiles").size()).isEqualTo(4);
        double shares = 0;
        for (JsonNode op : o.get("profiles").get(1).get("ops")) {
            shares += op.get("share").asDouble();
        }
        assertThat(shares).isBetween(0.999, 1.001);
    }

    @Test
    void benchPrintsATable() {
        Cli run = Cli.run(
                "bench", "--model", Cli.DEMO, "--prompt", "16", "--generate", "4", "--repeat", "1", "--profile");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("tokens/s", "plain read", "prefill 16", "decode 4", "ExpertFeedForward", "GB/s");
    }

    @Test
    void benchRefusesNumbersThatMakeNoSense() {
        for (String[] wrong : new String[][] {
            {"--repeat", "0"}, {"--prompt", "0"}, {"--generate", "-1"}, {"--depth", "-1"}, {"--prompt", "9999999"}
        }) {
            Cli run = Cli.run("bench", "--model", Cli.DEMO, wrong[0], wrong[1]);
            assertThat(run.code()).as(wrong[0]).isEqualTo(2);
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
        }
    }

    @Test
    void helpAndVersionGoToTheStandardOutput() {
        assertThat(Cli.run("--help").out()).contains("chat", "generate", "inspect", "devices", "bench");
        assertThat(Cli.run("--version").out()).startsWith("sluice ");
        assertThat(Cli.run().out()).contains("generate");
        Cli help = Cli.run("generate", "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("--min-p", "--thinking-budget", "--keep-thinking", "--exact");
    }
}
