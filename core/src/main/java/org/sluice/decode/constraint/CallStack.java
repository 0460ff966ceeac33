package org.sluice.decode.constraint;

import org.jspecify.annotations.Nullable;

/** A frame and those that wait for it. Interned like frames. */
final class CallStack {
    /** Below the outermost frame of a text: when this is reached, the text is whole. */
    static final CallStack BOTTOM = new CallStack(Frame.DEAD, null, 0, 0);
    /** Below a frame that is looked at by itself: what its callers are is not known. */
    static final CallStack UNKNOWN = new CallStack(Frame.DEAD, null, 0, 1);

    final Frame top;
    final @Nullable CallStack caller;
    final int depth;
    /** Order in which stacks were made; gives sets of them one form. */
    final long serial;

    CallStack(Frame top, @Nullable CallStack caller, int depth, long serial) {
        this.top = top;
        this.caller = caller;
        this.depth = depth;
        this.serial = serial;
    }

    /** What the cache knows it by; frames and stacks are interned, so that identity is equality. */
    record Key(Frame top, CallStack caller) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && k.top == top && k.caller == caller;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(top) + System.identityHashCode(caller);
        }
    }
}
