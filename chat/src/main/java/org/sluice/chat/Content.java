package org.sluice.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What a message says: text, or a list of parts as the OpenAI API has them. */
public sealed interface Content {
    /** Plain text. */
    record Text(String text) implements Content {}

    /**
     * Parts in order, each a string or a JSON object with a {@code type}. What a text-only model does with an image is the
     * template's business.
     */
    record Parts(List<Object> parts) implements Content {
        public Parts {
            parts = Collections.unmodifiableList(new ArrayList<>(parts));
        }
    }

    /** All text in it, parts joined; other kinds of parts are left out. */
    default String plainText() {
        return switch (this) {
            case Text t -> t.text();
            case Parts p -> {
                StringBuilder all = new StringBuilder();
                for (Object part : p.parts()) {
                    if (part instanceof String s) {
                        all.append(s);
                    } else if (part instanceof Map<?, ?> m && m.get("text") instanceof String s) {
                        all.append(s);
                    }
                }
                yield all.toString();
            }
        };
    }
}
