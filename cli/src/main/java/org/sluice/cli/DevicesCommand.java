package org.sluice.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.MemoryPlan;
import picocli.CommandLine.Command;

/** What there is to compute on, and why something is not there. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        description = "Lists what models can run on, and why a backend is missing.")
final class DevicesCommand implements Callable<Integer> {
    private static final List<String> KNOWN = List.of("cpu", "cuda", "opencl");

    private final Io io;

    DevicesCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        List<DeviceListing> all = new ArrayList<>(Backends.list());
        for (String name : KNOWN) {
            if (all.stream().noneMatch(d -> d.selector().split(":", 2)[0].equals(name))) {
                all.add(new DeviceListing.Missing(
                        name, "no such backend on the class path; its module is" + " sluice-backend-" + name));
            }
        }
        Table table = new Table("", "", "");
        for (DeviceListing d : all) {
            switch (d) {
                case DeviceListing.Found f ->
                    table.row(f.selector(), f.description(), MemoryPlan.human(f.memoryBytes()));
                case DeviceListing.Missing m -> table.row(m.selector(), "missing: " + m.reason(), "");
            }
        }
        io.print(table.toString());
        return 0;
    }
}
