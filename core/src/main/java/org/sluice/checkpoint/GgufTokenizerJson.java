package org.sluice.checkpoint;

import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/** Writes a {@link GgufTokenizer} in the form of Hugging Face's tokenizer.json. */
final class GgufTokenizerJson {
    private static final String TYPE = "type";
    private static final String BYTE_LEVEL = "ByteLevel";

    private final GgufTokenizer tokenizer;
    private final JsonGenerator out;

    private GgufTokenizerJson(GgufTokenizer tokenizer, JsonGenerator out) {
        this.tokenizer = tokenizer;
        this.out = out;
    }

    static String write(GgufTokenizer tokenizer) {
        StringWriter text = new StringWriter(1 << 16);
        try (JsonGenerator out = JsonMapper.shared().createGenerator(text)) {
            new GgufTokenizerJson(tokenizer, out).document();
        }
        return text.toString();
    }

    private void document() {
        out.writeStartObject();
        out.writeStringProperty("version", "1.0");
        out.writeNullProperty("truncation");
        out.writeNullProperty("padding");
        out.writeArrayPropertyStart("added_tokens");
        tokenizer.added().forEach(this::added);
        out.writeEndArray();
        normalizer();
        preTokenizer();
        byteLevel("post_processor", false, false, false);
        byteLevel("decoder", true, true, true);
        model();
        out.writeEndObject();
    }

    private void added(GgufTokenizer.Added token) {
        out.writeStartObject();
        out.writeNumberProperty("id", token.id());
        out.writeStringProperty("content", token.text());
        out.writeBooleanProperty("single_word", false);
        out.writeBooleanProperty("lstrip", false);
        out.writeBooleanProperty("rstrip", false);
        out.writeBooleanProperty("normalized", false);
        out.writeBooleanProperty("special", token.special());
        out.writeEndObject();
    }

    private void normalizer() {
        if (tokenizer.pre().composed()) {
            out.writeObjectPropertyStart("normalizer");
            out.writeStringProperty(TYPE, "NFC");
            out.writeEndObject();
        } else {
            out.writeNullProperty("normalizer");
        }
    }

    private void preTokenizer() {
        if (tokenizer.pre().patterns().isEmpty()) {
            byteLevel("pre_tokenizer", false, true, true);
            return;
        }
        out.writeObjectPropertyStart("pre_tokenizer");
        out.writeStringProperty(TYPE, "Sequence");
        out.writeArrayPropertyStart("pretokenizers");
        for (String pattern : tokenizer.pre().patterns()) {
            out.writeStartObject();
            out.writeStringProperty(TYPE, "Split");
            out.writeObjectPropertyStart("pattern");
            out.writeStringProperty("Regex", pattern);
            out.writeEndObject();
            out.writeStringProperty("behavior", "Isolated");
            out.writeBooleanProperty("invert", false);
            out.writeEndObject();
        }
        out.writeStartObject();
        byteLevel(false, true, false);
        out.writeEndObject();
        out.writeEndArray();
        out.writeEndObject();
    }

    private void byteLevel(String name, boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
        out.writeObjectPropertyStart(name);
        byteLevel(addPrefixSpace, trimOffsets, useRegex);
        out.writeEndObject();
    }

    private void byteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
        out.writeStringProperty(TYPE, BYTE_LEVEL);
        out.writeBooleanProperty("add_prefix_space", addPrefixSpace);
        out.writeBooleanProperty("trim_offsets", trimOffsets);
        out.writeBooleanProperty("use_regex", useRegex);
    }

    private void model() {
        out.writeObjectPropertyStart("model");
        out.writeStringProperty(TYPE, "BPE");
        out.writeNullProperty("dropout");
        out.writeNullProperty("unk_token");
        out.writeNullProperty("continuing_subword_prefix");
        out.writeNullProperty("end_of_word_suffix");
        out.writeBooleanProperty("fuse_unk", false);
        out.writeBooleanProperty("byte_fallback", false);
        out.writeBooleanProperty("ignore_merges", tokenizer.pre().ignoreMerges());
        out.writeObjectPropertyStart("vocab");
        tokenizer.vocabulary().forEach(out::writeNumberProperty);
        out.writeEndObject();
        out.writeArrayPropertyStart("merges");
        for (GgufTokenizer.Merge m : tokenizer.merges()) {
            out.writeStartArray();
            out.writeString(m.left());
            out.writeString(m.right());
            out.writeEndArray();
        }
        out.writeEndArray();
        out.writeEndObject();
    }
}
