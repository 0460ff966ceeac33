package org.sluice.chat.jinja;

/**
 * A name, member or item that is not there. It prints as nothing, is false and empty, and fails when more is wanted of it.
 *
 * @param what is missing, for that failure: {@code 'x' is undefined}
 */
record Undefined(String what) {
    static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    static Undefined member(String type, String member) {
        return new Undefined("'" + type + "' has no member " + member);
    }

    JinjaException failure() {
        return JinjaException.runtime(what);
    }

    /** All undefined values are alike. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
