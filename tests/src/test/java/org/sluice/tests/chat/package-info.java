/** The tokenizer, the templates, the messages and the output parser. */
package org.sluice.tests.chat;
