package org.sluice.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.sluice.error.UnsupportedException;

/**
 * How text is cut before byte-pair merging. GGUF files give only a name for it ({@code tokenizer.ggml.pre}); the patterns
 * are those of the tokenizer.json that the name was given to.
 */
enum GgufPreTokenizer {
    /** GLM-4 and later: digits in threes. */
    GLM4(List.of("glm4", "chatglm-bpe"), List.of(Patterns.DIGITS_BY_3), true, false),
    /** Llama 3: the same pattern. */
    LLAMA3(List.of("llama-bpe", "llama3", "llama-v3"), List.of(Patterns.DIGITS_BY_3), true, false),
    /** Qwen 2 to 3: single digits, text composed first. */
    QWEN2(List.of("qwen2"), List.of(Patterns.SINGLE_DIGITS), false, true),
    /** DeepSeek V3 and R1: digits, Chinese and Japanese, and the rest, one after another. */
    DEEPSEEK_V3(
            List.of("deepseek-v3"),
            List.of("\\p{N}{1,3}", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", Patterns.DEEPSEEK_WORDS),
            false,
            false),
    /** GPT-2's own, which tokenizer.json names instead of spelling it out. */
    GPT2(List.of("gpt-2"), List.of(), false, false);

    @SuppressWarnings("ImmutableEnumChecker") // of List.of
    private final List<String> names;

    @SuppressWarnings("ImmutableEnumChecker") // of List.of
    private final List<String> patterns;

    private final boolean ignoreMerges;
    private final boolean composed;

    GgufPreTokenizer(List<String> names, List<String> patterns, boolean ignoreMerges, boolean composed) {
        this.names = names;
        this.patterns = patterns;
        this.ignoreMerges = ignoreMerges;
        this.composed = composed;
    }

    /** Nested because an enum's constants cannot refer to its own static fields. */
    private static final class Patterns {
        static final String DIGITS_BY_3 = words("\\p{N}{1,3}");
        static final String SINGLE_DIGITS = words("\\p{N}");
        static final String DEEPSEEK_WORDS = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

        private static String words(String digits) {
            return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        }
    }

    /**
     * The pre-tokenizer of this name.
     *
     * @param file for the message
     * @throws UnsupportedException where Sluice does not know its pattern
     */
    static GgufPreTokenizer of(String file, String name) {
        return Arrays.stream(values())
                .filter(p -> p.names.contains(name))
                .findFirst()
                .orElseThrow(() -> new UnsupportedException(file + ": the pre-tokenizer '" + name
                        + "' (tokenizer.ggml.pre) is not known; put the model's tokenizer.json beside the file"));
    }

    /** The one that cuts by these patterns in this order, GLM's before Llama's. */
    static Optional<GgufPreTokenizer> withPatterns(List<String> patterns) {
        return Arrays.stream(values()).filter(p -> p.patterns.equals(patterns)).findFirst();
    }

    /** What {@code tokenizer.ggml.pre} calls it. */
    String ggufName() {
        return names.getFirst();
    }

    /** Regular expressions that cut, each isolating its matches; none where the built-in one of GPT-2 does. */
    List<String> patterns() {
        return patterns;
    }

    /** Whether a piece that is a token is that token, whatever the merges say. */
    boolean ignoreMerges() {
        return ignoreMerges;
    }

    /** Whether text is brought to Unicode's composed form NFC first. */
    boolean composed() {
        return composed;
    }
}
