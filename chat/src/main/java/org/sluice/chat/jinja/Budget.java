package org.sluice.chat.jinja;

import java.time.Duration;

/**
 * What one rendering may use up. The bounds are far above what a prompt of a million tokens needs and far below what hurts
 * the JVM.
 */
final class Budget {
    /** Characters of text made on the way, output included; an element of a list counts as eight. */
    static final long MAX_CHARACTERS = 128L << 20;

    static final long MAX_STEPS = 10_000_000;
    static final int MAX_DEPTH = 100;
    static final Duration MAX_TIME = Duration.ofSeconds(10);

    /** How many steps go by between two looks at the clock. */
    private static final int CLOCK_MASK = 0xFFF;

    private final long deadline = System.nanoTime() + MAX_TIME.toNanos();
    private long characters = MAX_CHARACTERS;
    private long steps;
    private int depth;

    /** One evaluated node or loop turn. */
    void step() {
        steps(1);
    }

    void steps(long n) {
        long before = steps;
        steps += n;
        if (steps > MAX_STEPS) {
            throw JinjaException.limit("takes more than " + MAX_STEPS + " steps");
        }
        if ((before & ~CLOCK_MASK) != (steps & ~CLOCK_MASK) && System.nanoTime() - deadline > 0) {
            throw JinjaException.limit("takes longer than " + MAX_TIME.toSeconds() + " s");
        }
    }

    /** Text about to be made; asked before it is. */
    void characters(long n) {
        if (n > characters) {
            throw JinjaException.limit("makes more than " + MAX_CHARACTERS + " characters of text");
        }
        characters -= n;
        // Making text takes time too.
        steps(n >> 8);
    }

    /** List elements about to be made. */
    void elements(long n) {
        characters(n << 3);
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw JinjaException.limit("calls macros or loops deeper than " + MAX_DEPTH);
        }
    }

    void leave() {
        depth--;
    }
}
