#!/bin/sh
# Everything that needs a GPU, into one JSON: op cases of every kernel, goldens end to end, compute-sanitizer where it is
# installed, then speed. Needs a driver and a JDK, and classes that were compiled before, on any machine:
#   ./mvnw -B test-compile -pl tests -am && ./mvnw -B -pl tests dependency:build-classpath -Dmdep.outputFile=target/gpu.cp
#   tests/gpu/check.sh OUT.json [MODEL]    MODEL: for speed, e.g. of ./sluice synthesize benchmarks/slice.json slice.gguf
# CHECK_CP    class path instead of tests/target/gpu.cp
# CHECK_EVERY one of so many op cases (default 1); CHECK_GOLDENS=0 leaves goldens out: to try the script on the emulated driver
# CHECK_JAVA  more options for the JVM, such as -Dsluice.cuda.driver=PATH
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
out=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
model=${2:-}
. "$here/../../.mvn/find-jdk.sh"
cp=${CHECK_CP:-$here/../target/test-classes:$(cat "$here/../target/gpu.cp")}
run() {
  # shellcheck disable=SC2086 # options are words
  java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED ${CHECK_JAVA:-} -cp "$cp" "$@"
}
cd "$here/.."
status=0
run org.sluice.tests.gpu.GpuCheck "$out.cases" "${CHECK_EVERY:-1}" "${CHECK_GOLDENS:-1}" || status=1

sanitizer=null
if command -v compute-sanitizer >/dev/null 2>&1; then
  # every seventh case: the sanitizer is slow
  if compute-sanitizer --error-exitcode 9 java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -cp "$cp" org.sluice.tests.gpu.GpuCheck "$out.sanitizer" 7 0 >"$out.sanitizer.log" 2>&1; then
    sanitizer=true
  else
    sanitizer=false
    status=1
  fi
fi

bench() {
  run org.sluice.cli.Main bench --backend cuda --model "$model" --json "$@" 2>"$out.bench.log" || echo null
}
decode=null
prefill=null
if [ -n "$model" ]; then
  decode=$(bench --prompt 512 --generate 128 --depth 4096,131072)
  prefill=$(bench --prompt 8192 --generate 1 --rows 2048)
fi

{
  printf '{"cases": '
  cat "$out.cases" 2>/dev/null || printf null
  printf ', "sanitizer": %s, "decode": %s, "prefill": %s}\n' "$sanitizer" "$decode" "$prefill"
} >"$out"
rm -f "$out.cases" "$out.sanitizer"
echo "check: $out"
exit $status
