/** Text to token ids and back. */
package org.sluice.chat.tokenizer;
