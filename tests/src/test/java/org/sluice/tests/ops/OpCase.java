package org.sluice.tests.ops;

import java.util.List;
import org.sluice.graph.Graph;

/**
 * A small graph with everything that is done to it.
 *
 * @param name tells it from other cases of its operation
 * @param graph holds the operation
 * @param script steps with inputs
 * @param expectations for every output one
 */
record OpCase(String name, Graph graph, List<Action> script, List<Expect> expectations) {
    @Override
    public String toString() {
        return name;
    }
}
