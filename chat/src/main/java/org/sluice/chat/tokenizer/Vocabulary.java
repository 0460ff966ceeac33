package org.sluice.chat.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The tokens of a tokenizer.json by id and by name. Read as a stream: of a file with hundreds of thousands of merges only
 * the vocabulary is kept.
 */
final class Vocabulary {
    /** No known tokenizer has more ids; a larger one is damage, and would make us allocate for it. */
    private static final int MAX_ID = 1 << 23;

    private final List<@Nullable String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final BitSet special = new BitSet();
    private final String source;
    private @Nullable String decoder;

    private Vocabulary(String source) {
        this.source = source;
    }

    static Vocabulary parse(String json, String source) {
        Vocabulary v = new Vocabulary(source);
        try (JsonParser p = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
            v.read(p);
        } catch (JacksonException e) {
            throw new CheckpointException(
                    source + ": not valid JSON (" + e.getOriginalMessage() + "); fetch the file again", e);
        }
        if (v.ids.isEmpty()) {
            throw new CheckpointException(
                    source + ": holds no model.vocab; it is no tokenizer.json, fetch the checkpoint's own again");
        }
        if (!"ByteLevel".equals(v.decoder)) {
            throw new UnsupportedException(source + ": decoder " + v.decoder
                    + " is not supported; use a checkpoint with a byte-level tokenizer (GLM, DeepSeek)");
        }
        return v;
    }

    /** One more than the highest id. */
    int size() {
        return tokens.size();
    }

    @Nullable
    Integer id(String token) {
        return ids.get(token);
    }

    /** The token as stored, in the byte alphabet; null for an id without a token. */
    @Nullable
    String token(int id) {
        return id >= 0 && id < tokens.size() ? tokens.get(id) : null;
    }

    boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    /** The bytes a token stands for: one per character of the byte alphabet, or its UTF-8 if it holds any other. */
    byte[] bytes(int id) {
        String token = token(id);
        if (token == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = ByteAlphabet.toByte(token.charAt(i));
            if (b < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }

    private void read(JsonParser p) {
        if (p.nextToken() != JsonToken.START_OBJECT) {
            throw broken("does not begin with an object");
        }
        while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = p.currentName();
            JsonToken value = p.nextToken();
            switch (field) {
                case "added_tokens" -> readAddedTokens(p, value);
                case "model" -> readModel(p, value);
                case "decoder" -> decoder = readDecoder(p, value);
                default -> p.skipChildren();
            }
        }
    }

    private void readModel(JsonParser p, JsonToken start) {
        if (start != JsonToken.START_OBJECT) {
            throw broken("field 'model' is no object");
        }
        while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = p.currentName();
            JsonToken value = p.nextToken();
            if (field.equals("vocab") && value == JsonToken.START_OBJECT) {
                while (p.nextToken() == JsonToken.PROPERTY_NAME) {
                    String token = p.currentName();
                    p.nextToken();
                    add(token, readId(p, token));
                }
            } else {
                p.skipChildren();
            }
        }
    }

    private void readAddedTokens(JsonParser p, JsonToken start) {
        if (start == JsonToken.VALUE_NULL) {
            return;
        }
        if (start != JsonToken.START_ARRAY) {
            throw broken("field 'added_tokens' is no list");
        }
        while (p.nextToken() == JsonToken.START_OBJECT) {
            int id = -1;
            String content = null;
            boolean isSpecial = false;
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = p.currentName();
                JsonToken value = p.nextToken();
                switch (field) {
                    case "id" -> id = readId(p, "added token");
                    case "content" -> content = p.getString();
                    case "special" -> isSpecial = value == JsonToken.VALUE_TRUE;
                    default -> p.skipChildren();
                }
            }
            if (id < 0 || content == null) {
                throw broken("an added token lacks its id or content");
            }
            add(content, id);
            special.set(id, isSpecial);
        }
    }

    private @Nullable String readDecoder(JsonParser p, JsonToken start) {
        if (start != JsonToken.START_OBJECT) {
            p.skipChildren();
            return null;
        }
        String type = null;
        String only = null;
        while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = p.currentName();
            JsonToken value = p.nextToken();
            if (field.equals("type") && value == JsonToken.VALUE_STRING) {
                type = p.getString();
            } else if (field.equals("decoders") && value == JsonToken.START_ARRAY) {
                while (p.nextToken() != JsonToken.END_ARRAY) {
                    String inner = readDecoder(p, p.currentToken());
                    only = only == null || only.equals(inner) ? inner : only + "+" + inner;
                }
            } else {
                p.skipChildren();
            }
        }
        return "Sequence".equals(type) ? only : type;
    }

    private int readId(JsonParser p, String token) {
        if (p.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw broken("the id of '" + token + "' is no integer");
        }
        long id = p.getLongValue();
        if (id < 0 || id > MAX_ID) {
            throw broken("id " + id + " of '" + token + "' is outside 0.." + MAX_ID);
        }
        return (int) id;
    }

    private void add(String token, int id) {
        while (tokens.size() <= id) {
            tokens.add(null);
        }
        String there = tokens.get(id);
        if (there != null && !there.equals(token)) {
            throw broken("id " + id + " is given to both '" + there + "' and '" + token + "'");
        }
        tokens.set(id, token);
        ids.put(token, id);
    }

    private CheckpointException broken(String what) {
        return new CheckpointException(source + ": " + what + "; fetch the checkpoint's tokenizer.json again");
    }
}
