package org.sluice.tests.mtp;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.sluice.checkpoint.SafetensorsFile;
import org.sluice.tests.Fixtures;

/** What the reference computes with the draft layer of the demonstration model: fixtures/mtp/drafts.safetensors. */
record MtpFixture(SafetensorsFile file) implements AutoCloseable {
    static MtpFixture open() {
        return new MtpFixture(SafetensorsFile.open(Fixtures.path("mtp/drafts.safetensors")));
    }

    /** The names in front of {@code .tokens}. */
    List<String> cases() {
        return file.tensors().keySet().stream()
                .filter(name -> name.endsWith(".tokens"))
                .map(name -> name.substring(0, name.length() - ".tokens".length()))
                .sorted()
                .toList();
    }

    int[] ints(String name) {
        return file.data(name).toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    float[] floats(String name) {
        return file.data(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Override
    public void close() {
        file.close();
    }
}
