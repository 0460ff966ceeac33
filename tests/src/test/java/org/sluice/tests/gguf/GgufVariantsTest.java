package org.sluice.tests.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.checkpoint.GgufArray;
import org.sluice.checkpoint.GgufType;
import org.sluice.checkpoint.GgufValue;

/** What writers of GGUF files do differently makes no difference. */
@Tag("fixtures")
class GgufVariantsTest {
    private static final String ARCH = "glm-dsa.";
    private static final String TYPES = ARCH + "attention.indexer.types";
    private static final int LAYERS = 8;
    private static final int HEADS = 4;
    private static final int NOPE = 24;
    private static final int VALUE = 32;
    private static final int RANK = 32;
    private static final int HIDDEN = 64;
    private static final int EXPERTS = 8;
    private static final int INNER = 32;
    private static final List<Integer> FULL = List.of(0, 1, 2, 6);

    /** Long enough for selections to matter. */
    private static final int[] TOKENS =
            IntStream.range(0, 60).map(i -> (i * 37 + 11) % 180).toArray();

    private static float[] expected;

    @TempDir
    private Path folder;

    @BeforeAll
    static void run() {
        expected = Logits.last(GgufModels.tiny(), TOKENS);
    }

    private static GgufEdit model() {
        return GgufEdit.of(GgufModels.tiny());
    }

    private void same(GgufEdit edit) {
        assertThat(Logits.last(edit.write(folder.resolve("m.gguf")), TOKENS)).isEqualTo(expected);
    }

    private void different(GgufEdit edit) {
        assertThat(Logits.last(edit.write(folder.resolve("m.gguf")), TOKENS)).isNotEqualTo(expected);
    }

    @Test
    void indexerTypesOfEveryKind() {
        int[] ints =
                IntStream.range(0, LAYERS).map(i -> FULL.contains(i) ? 1 : 0).toArray();
        List<String> texts =
                Arrays.stream(ints).mapToObj(i -> i == 1 ? "full" : "shared").toList();
        same(model().set(TYPES, GgufValue.of(GgufArray.ofInts(ints))));
        same(model().set(TYPES, GgufValue.of(GgufArray.ofTexts(texts))));
        same(model().set(TYPES, GgufValue.of(GgufArray.ofInts(Arrays.copyOf(ints, LAYERS + 1)))));
    }

    @Test
    void indexerTypesAreWhatIsFollowed() {
        int[] fewer = new int[LAYERS];
        fewer[0] = 1;
        different(model().set(TYPES, GgufValue.of(GgufArray.ofInts(fewer))));
    }

    @Test
    void withoutIndexerTypesTheTensorsTell() {
        same(model().remove(TYPES));
    }

    @Test
    void frequencyAndOffset() {
        same(model().remove(TYPES)
                .set(ARCH + "attention.indexer.top_k_frequency", GgufValue.of(4))
                .set(ARCH + "attention.indexer.skip_top_k_offset", GgufValue.of(3)));
    }

    @Test
    void indexersOfSharedLayersAreIgnored() {
        same(withAllIndexers(model()));
    }

    /** Files of unsloth: no list, an indexer in every layer, and the context of GLM-5.2 tells its schedule. */
    @Test
    void withoutIndexerTypesTheContextTells() {
        same(withAllIndexers(model()).remove(TYPES));
        int[] all = new int[LAYERS];
        Arrays.fill(all, 1);
        GgufEdit older = withAllIndexers(model()).set(ARCH + "context_length", GgufValue.of(202_752));
        float[] full = Logits.last(
                older.set(TYPES, GgufValue.of(GgufArray.ofInts(all))).write(folder.resolve("all.gguf")), TOKENS);
        assertThat(full).isNotEqualTo(expected);
        assertThat(Logits.last(older.remove(TYPES).write(folder.resolve("none.gguf")), TOKENS))
                .isEqualTo(full);
    }

    private static GgufEdit withAllIndexers(GgufEdit edit) {
        for (int i = 0; i < LAYERS; i++) {
            for (String name : edit.names().stream()
                    .filter(n -> n.startsWith("blk.0.indexer."))
                    .toList()) {
                String here = name.replace("blk.0.", "blk." + i + ".");
                if (!edit.names().contains(here)) {
                    edit.put(here, edit.get(name));
                }
            }
        }
        return edit;
    }

    @Test
    void numbersOfOtherWidths() {
        same(model().set(ARCH + "block_count", new GgufValue.Int(GgufType.UINT64, LAYERS))
                .set(ARCH + "attention.head_count", new GgufValue.Int(GgufType.INT32, HEADS))
                .set(ARCH + "rope.freq_base", new GgufValue.Real(GgufType.FLOAT64, 8e6))
                .set(ARCH + "expert_used_count", new GgufValue.Int(GgufType.UINT16, 3))
                .set(ARCH + "feed_forward_length", GgufValue.of(GgufArray.ofInts(96, 96, 96))));
    }

    @Test
    void optionalKeysMayBeMissing() {
        same(model().remove(ARCH + "vocab_size")
                .remove(ARCH + "expert_group_count")
                .remove(ARCH + "expert_group_used_count")
                .remove(ARCH + "expert_gating_func")
                .remove("general.name")
                .remove("general.type"));
        same(model().set(ARCH + "expert_group_count", GgufValue.of(0)));
    }

    @Test
    void promisedPredictionLayersMayLieElsewhere() {
        same(model().set(ARCH + "block_count", GgufValue.of(LAYERS + 1))
                .set(ARCH + "nextn_predict_layers", GgufValue.of(1)));
    }

    @Test
    void unsplitUpProjection() {
        GgufEdit edit = model();
        for (int i = 0; i < LAYERS; i++) {
            String p = "blk." + i + ".attn_";
            float[] key = edit.floats(p + "k_b.weight");
            float[] value = edit.floats(p + "v_b.weight");
            float[] both = new float[HEADS * (NOPE + VALUE) * RANK];
            for (int h = 0; h < HEADS; h++) {
                for (int r = 0; r < RANK; r++) {
                    for (int d = 0; d < NOPE; d++) {
                        both[(h * (NOPE + VALUE) + d) * RANK + r] = key[(h * RANK + r) * NOPE + d];
                    }
                    for (int v = 0; v < VALUE; v++) {
                        both[(h * (NOPE + VALUE) + NOPE + v) * RANK + r] = value[(h * VALUE + v) * RANK + r];
                    }
                }
            }
            edit.floats(p + "kv_b.weight", both, HEADS * (NOPE + VALUE), RANK);
            edit.drop(p + "k_b.weight").drop(p + "v_b.weight");
        }
        // such files have no _mla keys: lengths are those of the explicit heads
        edit.remove(ARCH + "attention.key_length_mla").remove(ARCH + "attention.value_length_mla");
        edit.set(ARCH + "attention.key_length", GgufValue.of(NOPE + 16));
        edit.set(ARCH + "attention.value_length", GgufValue.of(VALUE));
        close(edit);
    }

    @Test
    void headsBelowEachOther() {
        GgufEdit edit = model();
        for (int i = 0; i < LAYERS; i++) {
            String p = "blk." + i + ".attn_";
            edit.floats(p + "k_b.weight", edit.floats(p + "k_b.weight"), HEADS * RANK, NOPE);
            edit.floats(p + "v_b.weight", edit.floats(p + "v_b.weight"), HEADS * VALUE, RANK);
        }
        close(edit);
    }

    @Test
    void gateAndUpInOneBank() {
        GgufEdit edit = model();
        for (int i = 2; i < LAYERS; i++) {
            String p = "blk." + i + ".ffn_";
            float[] gate = edit.floats(p + "gate_exps.weight");
            float[] up = edit.floats(p + "up_exps.weight");
            int matrix = INNER * HIDDEN;
            float[] both = new float[2 * gate.length];
            for (int e = 0; e < EXPERTS; e++) {
                System.arraycopy(gate, e * matrix, both, 2 * e * matrix, matrix);
                System.arraycopy(up, e * matrix, both, (2 * e + 1) * matrix, matrix);
            }
            edit.floats(p + "gate_up_exps.weight", both, EXPERTS, 2 * INNER, HIDDEN);
            edit.drop(p + "gate_exps.weight").drop(p + "up_exps.weight");
        }
        same(edit);
    }

    @Test
    void withoutHeadTheEmbeddingServes() {
        GgufEdit tied = model().put("output.weight", model().get("token_embd.weight"));
        float[] explicit = Logits.last(tied.write(folder.resolve("explicit.gguf")), TOKENS);
        float[] implied = Logits.last(tied.drop("output.weight").write(folder.resolve("implied.gguf")), TOKENS);
        assertThat(implied).isEqualTo(explicit).isNotEqualTo(expected);
    }

    @Test
    void anyShardOrTheFolderOpensASplitModel() {
        Path split = folder.resolve("split");
        assertThat(split.toFile().mkdirs()).isTrue();
        List<Path> shards = model().write(split.resolve("m.gguf"), 300_000);
        assertThat(shards).hasSizeGreaterThan(2);
        assertThat(Logits.last(shards.getFirst(), TOKENS)).isEqualTo(expected);
        assertThat(Logits.last(shards.getLast(), TOKENS)).isEqualTo(expected);
        assertThat(Logits.last(split, TOKENS)).isEqualTo(expected);
    }

    private void close(GgufEdit edit) {
        float[] got = Logits.last(edit.write(folder.resolve("m.gguf")), TOKENS);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isCloseTo(expected[i], within(3e-4f));
        }
    }
}
