package org.sluice.convert;

import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.sluice.checkpoint.GgufTokenizerMetadata;
import org.sluice.checkpoint.GgufValue;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small but complete tokenizer of any size for models without one: every byte is a token, a few merges, GLM's markers at
 * the end, and unused tokens in between. Every text can be encoded, and the model's markers end an answer.
 */
final class SyntheticTokenizer {
    private static final String PATTERN = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final List<String> MARKERS = List.of(
            "<|endoftext|>",
            "[MASK]",
            "[gMASK]",
            "<sop>",
            "<eop>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
            "<think>",
            "</think>");

    private static final List<String> MERGES = List.of("t h", "h e", "i n", "e r", "a n");

    private static final String TEMPLATE =
            "[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
                    + "{% if add_generation_prompt %}<|assistant|>\n{% endif %}";

    private SyntheticTokenizer() {}

    /** Metadata of a tokenizer of {@code size} tokens; none where not even the bytes have room. */
    static Map<String, GgufValue> metadata(int size, Consumer<String> notes) {
        int least = 256 + MERGES.size() + MARKERS.size();
        if (size < least) {
            notes.accept("a vocabulary of " + size + " has no room for the " + least
                    + " tokens of a tokenizer: the file gets none and can only be fed tokens");
            return Map.of();
        }
        Map<String, GgufValue> out = new LinkedHashMap<>(GgufTokenizerMetadata.of("random model", json(size), size));
        out.put("tokenizer.chat_template", GgufValue.of(TEMPLATE));
        return out;
    }

    private static String json(int size) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JsonMapper.shared().createGenerator(text)) {
            out.writeStartObject();
            out.writeArrayPropertyStart("added_tokens");
            for (int i = 0; i < MARKERS.size(); i++) {
                out.writeStartObject();
                out.writeNumberProperty("id", size - MARKERS.size() + i);
                out.writeStringProperty("content", MARKERS.get(i));
                out.writeBooleanProperty("special", !MARKERS.get(i).endsWith("think>"));
                out.writeEndObject();
            }
            out.writeEndArray();
            preTokenizer(out);
            model(out);
            out.writeEndObject();
        }
        return text.toString();
    }

    private static void preTokenizer(JsonGenerator out) {
        out.writeObjectPropertyStart("pre_tokenizer");
        out.writeStringProperty("type", "Sequence");
        out.writeArrayPropertyStart("pretokenizers");
        out.writeStartObject();
        out.writeStringProperty("type", "Split");
        out.writeObjectPropertyStart("pattern");
        out.writeStringProperty("Regex", PATTERN);
        out.writeEndObject();
        out.writeStringProperty("behavior", "Isolated");
        out.writeEndObject();
        out.writeStartObject();
        out.writeStringProperty("type", "ByteLevel");
        out.writeBooleanProperty("add_prefix_space", false);
        out.writeBooleanProperty("use_regex", false);
        out.writeEndObject();
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void model(JsonGenerator out) {
        out.writeObjectPropertyStart("model");
        out.writeStringProperty("type", "BPE");
        out.writeObjectPropertyStart("vocab");
        for (int b = 0; b < 256; b++) {
            out.writeNumberProperty(Character.toString(symbol(b)), b);
        }
        for (int i = 0; i < MERGES.size(); i++) {
            out.writeNumberProperty(MERGES.get(i).replace(" ", ""), 256 + i);
        }
        out.writeEndObject();
        out.writeArrayPropertyStart("merges");
        MERGES.forEach(out::writeString);
        out.writeEndArray();
        out.writeEndObject();
    }

    /** The character that stands for a byte in GPT-2's alphabet: itself where it is printable, else one from U+0100 on. */
    private static int symbol(int b) {
        if (isPrintable(b)) {
            return b;
        }
        int before = 0;
        for (int i = 0; i < b; i++) {
            before += isPrintable(i) ? 0 : 1;
        }
        return 0x100 + before;
    }

    private static boolean isPrintable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    }
}
