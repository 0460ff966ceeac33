package consumer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;

/** The small graph on every device of this machine, compared with the first. */
final class EveryBackend {
    private EveryBackend() {}

    /** Largest difference by selector. */
    static Map<String, Float> run() {
        // [readme]
        Map<String, Float> differences = new LinkedHashMap<>();
        float[] first = SmallGraph.run("cpu:reference");
        for (DeviceListing listing : Backends.list()) {
            switch (listing) {
                case DeviceListing.Missing missing ->
                    System.out.println(missing.selector() + " is missing: " + missing.reason());
                case DeviceListing.Found found -> {
                    float[] other = SmallGraph.run(found.selector());
                    float worst = 0;
                    for (int i = 0; i < first.length; i++) worst = Math.max(worst, Math.abs(first[i] - other[i]));
                    System.out.println(found.selector() + " differs by at most " + worst);
                    differences.put(found.selector(), worst);
                }
            }
        }
        return differences;
        // [/readme]
    }
}
