package org.sluice.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

/**
 * The byte-level BPE tokenizer that a GGUF file carries in its metadata, checked and turned into the structure of a Hugging
 * Face tokenizer.json. Immutable, independent of the file it came from.
 */
public final class GgufTokenizer {
    static final String MODEL = "tokenizer.ggml.model";
    static final String PRE = "tokenizer.ggml.pre";
    static final String TOKENS = "tokenizer.ggml.tokens";
    static final String TYPES = "tokenizer.ggml.token_type";
    static final String MERGES = "tokenizer.ggml.merges";
    static final String EOS = "tokenizer.ggml.eos_token_id";
    static final String EOT = "tokenizer.ggml.eot_token_id";
    static final String EOM = "tokenizer.ggml.eom_token_id";
    static final String BOS = "tokenizer.ggml.bos_token_id";
    static final String PADDING = "tokenizer.ggml.padding_token_id";
    static final String UNKNOWN = "tokenizer.ggml.unknown_token_id";
    static final String TEMPLATE = "tokenizer.chat_template";

    /** A turn of GLM ends with the role token that would begin the next; not all writers list both. */
    static final String GLM_USER = "<|user|>";

    static final String GLM_OBSERVATION = "<|observation|>";
    static final String BYTE_LEVEL_BPE = "gpt2";

    /** Kinds of tokens, by the numbers of {@code tokenizer.ggml.token_type}. */
    static final int NORMAL = 1;

    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int UNUSED = 5;
    private static final int UNKNOWN_TOKEN = 2;
    private static final int LAST_TYPE = 6;

    /**
     * A token that is found in text as it stands.
     *
     * @param special whether it can be left out when decoding: role marks can, {@code <think>} cannot
     */
    record Added(int id, String text, boolean special) {}

    /** Two tokens that make a third. */
    record Merge(String left, String right) {}

    private final GgufPreTokenizer pre;
    private final Map<String, Integer> vocabulary;
    private final List<Added> added;
    private final List<Merge> merges;
    private final Set<Integer> stopIds;
    private final Map<String, Integer> named;
    private final Optional<String> chatTemplate;

    private GgufTokenizer(
            GgufPreTokenizer pre,
            Map<String, Integer> vocabulary,
            List<Added> added,
            List<Merge> merges,
            Set<Integer> stopIds,
            Map<String, Integer> named,
            Optional<String> chatTemplate) {
        this.pre = pre;
        this.vocabulary = vocabulary;
        this.added = added;
        this.merges = merges;
        this.stopIds = stopIds;
        this.named = named;
        this.chatTemplate = chatTemplate;
    }

    /**
     * Reads the tokenizer.
     *
     * @throws CheckpointException where metadata are missing, of the wrong type, or tokens and merges disagree
     * @throws UnsupportedException where it is no byte-level BPE, or its pre-tokenizer is not known
     */
    public static GgufTokenizer of(GgufMetadata m) {
        String model = m.requireText(MODEL);
        if (!model.equals(BYTE_LEVEL_BPE)) {
            throw new UnsupportedException(m.file() + ": a tokenizer of the kind '" + model + "' (" + MODEL
                    + "); only byte-level BPE ('gpt2') is read");
        }
        GgufPreTokenizer pre = GgufPreTokenizer.of(m.file(), m.requireText(PRE));
        List<String> tokens = m.requireArray(TOKENS).texts();
        long[] types = types(m, tokens.size());
        Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(tokens.size());
        List<Added> added = new ArrayList<>();
        for (int id = 0; id < types.length; id++) {
            String token = tokens.get(id);
            if (types[id] == UNUSED) {
                continue;
            }
            Integer other = ids.put(token, id);
            if (other != null) {
                throw new CheckpointException(m.file() + ": metadata key '" + TOKENS + "': tokens " + other + " and "
                        + id + " are both '" + token + "'");
            }
            boolean special = types[id] == CONTROL || types[id] == UNKNOWN_TOKEN;
            if (special || types[id] == USER_DEFINED) {
                added.add(new Added(id, token, special));
            }
        }
        List<Merge> merges = merges(m, ids);
        Map<String, Integer> named = named(m, tokens.size());
        Set<Integer> stop = stopIds(pre, named, added);
        return new GgufTokenizer(pre, vocabulary(ids, added), added, merges, stop, named, m.findText(TEMPLATE));
    }

    private static long[] types(GgufMetadata m, int count) {
        Optional<GgufArray> array = m.findArray(TYPES);
        if (array.isEmpty()) {
            long[] all = new long[count];
            Arrays.fill(all, NORMAL);
            return all;
        }
        long[] types = array.get().integers();
        if (types.length != count) {
            throw new CheckpointException(m.file() + ": metadata key '" + TYPES + "' has " + types.length
                    + " elements for " + count + " tokens");
        }
        for (int id = 0; id < count; id++) {
            if (types[id] < 0 || types[id] > LAST_TYPE) {
                throw new CheckpointException(m.file() + ": metadata key '" + TYPES + "': token " + id
                        + " is of the unknown type " + types[id]);
            }
        }
        return types;
    }

    private static List<Merge> merges(GgufMetadata m, Map<String, Integer> ids) {
        List<String> lines = m.requireArray(MERGES).texts();
        List<Merge> merges = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            // The byte alphabet has no space, so a space can only stand between the two.
            int space = line.indexOf(' ');
            String left = line.substring(0, Math.max(space, 0));
            String right = line.substring(space + 1);
            if (space < 0 || !ids.containsKey(left) || !ids.containsKey(right) || !ids.containsKey(left + right)) {
                throw new CheckpointException(m.file() + ": metadata key '" + MERGES + "': merge " + i + ", '" + line
                        + "', does not join two tokens to a third; tokens and merges are not of one tokenizer");
            }
            merges.add(new Merge(left, right));
        }
        return merges;
    }

    private static Map<String, Integer> named(GgufMetadata m, int count) {
        Map<String, Integer> out = new HashMap<>();
        for (String key : List.of(EOS, EOT, EOM, BOS, PADDING, UNKNOWN)) {
            OptionalLong id = m.findInteger(key);
            if (id.isPresent() && (id.getAsLong() < 0 || id.getAsLong() >= count)) {
                throw new CheckpointException(m.file() + ": metadata key '" + key + "' is " + id.getAsLong()
                        + ", but there are only " + count + " tokens");
            }
            id.ifPresent(v -> out.put(key, (int) v));
        }
        return out;
    }

    private static Set<Integer> stopIds(GgufPreTokenizer pre, Map<String, Integer> named, List<Added> added) {
        Set<Integer> stop = new TreeSet<>();
        for (String key : List.of(EOS, EOT, EOM)) {
            Optional.ofNullable(named.get(key)).ifPresent(stop::add);
        }
        if (pre == GgufPreTokenizer.GLM4) {
            added.stream()
                    .filter(a -> a.text().equals(GLM_USER) || a.text().equals(GLM_OBSERVATION))
                    .forEach(a -> stop.add(a.id()));
        }
        return Collections.unmodifiableSet(stop);
    }

    /**
     * Readers of tokenizer.json number added tokens on from the vocabulary and ignore the ids written beside them. Where that
     * gives other ids, added tokens have to stand in the vocabulary as well.
     */
    private static Map<String, Integer> vocabulary(Map<String, Integer> ids, List<Added> added) {
        int base = ids.size() - added.size();
        for (int i = 0; i < added.size(); i++) {
            if (added.get(i).id() != base + i) {
                return ids;
            }
        }
        added.forEach(a -> ids.remove(a.text()));
        return ids;
    }

    /** The text of a tokenizer.json that encodes and decodes as this tokenizer does. */
    public String tokenizerJson() {
        return GgufTokenizerJson.write(this);
    }

    /** Ids that end an answer. */
    public Set<Integer> stopIds() {
        return stopIds;
    }

    /** Id of the token that begins a text, which is not added by itself. */
    public OptionalInt bosId() {
        return id(BOS);
    }

    /** Id of the token that ends a text. */
    public OptionalInt eosId() {
        return id(EOS);
    }

    /** Id of the token that fills up. */
    public OptionalInt paddingId() {
        return id(PADDING);
    }

    private OptionalInt id(String key) {
        Integer id = named.get(key);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The Jinja chat template, where the file has one. */
    public Optional<String> chatTemplate() {
        return chatTemplate;
    }

    GgufPreTokenizer pre() {
        return pre;
    }

    /** Ids by text in the byte alphabet, in ascending order. */
    Map<String, Integer> vocabulary() {
        return vocabulary;
    }

    List<Added> added() {
        return added;
    }

    List<Merge> merges() {
        return merges;
    }
}
