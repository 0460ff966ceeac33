/** Messages to tokens and tokens to messages; everything here can be tested without a model. */
package org.sluice.chat;
