package org.sluice.tests.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.support.SpillFile;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.CacheType;
import org.sluice.tests.model.TinyCheckpoint;

/** Caches that do not fit into memory lie in a file, and nothing else changes. */
class SpillTest {
    private static final int CONTEXT = 2000;
    private static final EngineOptions OPTIONS = EngineOptions.DEFAULT
            .withMaxRows(64)
            .withOverlongContext(CONTEXT)
            .withDevice(DeviceOptions.of("cpu:vector").withThreads(1));

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    @TempDir
    Path folder;

    @TempDir
    Path spill;

    private static Generation generate(Session s, int[] prompt) {
        return s.generate(
                prompt,
                new GenerationOptions(40, Set.of(), SamplerOptions.GREEDY),
                TokenListener.NONE,
                ProgressListener.NONE,
                new CancelToken());
    }

    /** Room for the workspace and four pages. */
    private static DeviceOptions little(Engine e, CacheType type) {
        long page = (e.memory(type).latentPerToken() + e.memory(type).indexPerToken()) * 64;
        return DeviceOptions.of("cpu:vector")
                .withThreads(1)
                .withMemoryLimit(e.memory(type).workspace() + 4 * page + 64);
    }

    private int[] prompt(int n) {
        return random.ints(n, 0, TinyCheckpoint.VOCABULARY).toArray();
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void answersAreTheSame(CacheType type) throws IOException {
        new TinyCheckpoint().write(folder);
        EngineOptions options = OPTIONS.withCaches(type);
        try (Engine plenty = Engine.load(folder, options);
                Engine e = Engine.load(
                        folder, options.withDevice(little(plenty, type).withSpill(spill)))) {
            assertThat(e.context()).isEqualTo(CONTEXT);
            int[] prompt = prompt(1500);
            int[] other = prompt(700);
            try (Session a = plenty.newSession();
                    Session b = e.newSession();
                    Session c = e.newSession()) {
                assertThat(generate(b, prompt).tokens())
                        .isEqualTo(generate(a, prompt).tokens());
                assertThat(e.cacheBytes()).isEqualTo(plenty.cacheBytes());
                assertThat(e.spilledBytes()).isBetween(e.cacheBytes() / 2, e.cacheBytes() - 1);
                assertThat(plenty.spilledBytes()).isZero();
                // beside another session, cut and gone on with
                generate(c, other);
                a.truncate(900);
                b.truncate(900);
                int[] longer = java.util.Arrays.copyOf(prompt, 1100);
                assertThat(generate(b, longer).tokens())
                        .isEqualTo(generate(a, longer).tokens());
                // a file of a session does not tell where its pages were
                Path file = folder.resolve("talk.session");
                b.save(file);
                try (Session d = e.restoreSession(file)) {
                    assertThat(generate(d, longer).tokens())
                            .isEqualTo(generate(a, longer).tokens());
                }
                Files.delete(file);
            }
            assertThat(e.spilledBytes()).isZero();
            assertThat(e.cacheBytes()).isZero();
        }
        try (Stream<Path> left = Files.list(spill)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void withoutADirectoryItIsRefused() {
        new TinyCheckpoint().write(folder);
        try (Engine plenty = Engine.load(folder, OPTIONS)) {
            assertThatThrownBy(() -> Engine.load(folder, OPTIONS.withDevice(little(plenty, CacheType.F32))))
                    .isInstanceOf(MemoryLimitException.class)
                    .hasMessageContaining("" + CONTEXT + " tokens")
                    .hasMessageContaining("spill");
        }
    }

    @Test
    void directoriesThatCannotBe() throws IOException {
        new TinyCheckpoint().write(folder);
        Path file = Files.createFile(folder.resolve("file"));
        for (Path bad : List.of(folder.resolve("missing"), file)) {
            assertThatThrownBy(() -> Engine.load(
                            folder, OPTIONS.withDevice(OPTIONS.device().withSpill(bad))))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining(bad.toString())
                    .hasMessageContaining("create it");
        }
    }

    @Test
    void onlyTheHostCanSpill() {
        assertThatThrownBy(() -> org.sluice.backend.Backends.open(
                        DeviceOptions.of("opencl").withSpill(spill)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("opencl");
    }

    /** What a process does whose files may not grow beyond some KiB, as on a disk that is full. */
    static final class FullDisk {
        private FullDisk() {}

        public static void main(String[] args) {
            SpillFile file = new SpillFile(Path.of(args[0]), 4096);
            try {
                for (int i = 0; i < 1000; i++) {
                    file.page().fill((byte) i);
                }
            } catch (MemoryLimitException e) {
                System.out.println("refused: " + e.getMessage());
            }
            file.close();
            System.out.println("closed");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsAnErrorAndNoCrash() throws Exception {
        Process p = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f 256; exec \"$0\" \"$@\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FullDisk.class.getName(),
                        spill.toString())
                .redirectErrorStream(true)
                .start();
        String out = new String(p.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(p.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(out)
                .contains("refused: the caches spilled to " + spill + " cannot grow")
                .contains("free space there")
                .contains("closed");
        assertThat(p.exitValue()).isZero();
        try (Stream<Path> left = Files.list(spill)) {
            assertThat(left).isEmpty();
        }
    }
}
