/**
 * A Jinja2 interpreter for chat templates: the language as Python's Jinja2 3.1 defines it, with {@code trim_blocks} and
 * {@code lstrip_blocks}, over plain values only.
 *
 * <p>Written here because a prompt must equal Python's byte for byte: 'false' is true, {@code '1' == 1} is not, a variable
 * set in a loop ends with its iteration, {@code 1e20} prints as {@code 1e+20}. Templates come with models and are not
 * trusted: there is no way from a value to a Java object, and {@link org.sluice.chat.jinja.Budget} bounds steps, text, depth
 * and time.
 */
package org.sluice.chat.jinja;
