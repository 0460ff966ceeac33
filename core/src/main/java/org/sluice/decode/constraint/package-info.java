/**
 * Constrained decoding: regular expressions, JSON Schema and other grammars become automata over bytes, and these become
 * sets of allowed tokens. Knows nothing of chats and models.
 *
 * <p>{@link org.sluice.decode.constraint.Syntax} describes texts, {@link org.sluice.decode.constraint.Grammar} is its
 * compiled form, {@link org.sluice.decode.constraint.TokenTrie} a vocabulary, and {@link
 * org.sluice.decode.constraint.GrammarConstraint} brings both together for the sampler.
 */
package org.sluice.decode.constraint;
