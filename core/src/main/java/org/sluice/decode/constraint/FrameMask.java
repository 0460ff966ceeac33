package org.sluice.decode.constraint;

/**
 * What a vocabulary looks like from a frame whatever its callers are.
 *
 * @param tokens those that stay within the frame or end exactly with it
 * @param exits nodes of the token trie at which the frame is left, with tokens behind them that the callers decide on
 */
record FrameMask(TokenSet tokens, int[] exits) {}
