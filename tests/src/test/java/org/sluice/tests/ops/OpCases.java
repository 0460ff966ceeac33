package org.sluice.tests.ops;

import java.util.List;
import org.sluice.graph.Op;

/** Makes the cases of one operation. */
interface OpCases {
    /** The operation. */
    Class<? extends Op> op();

    /** Its cases; every call makes the same ones. */
    List<OpCase> cases();
}
