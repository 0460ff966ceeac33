/** Messages to tokens and tokens to messages. */
module org.sluice.chat {
    requires static transitive org.jspecify;
    requires transitive org.sluice.core;
    requires tools.jackson.databind;
    requires ai.djl.tokenizers;

    exports org.sluice.chat;
    exports org.sluice.chat.tokenizer;
}
