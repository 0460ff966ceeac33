#!/bin/sh
# Packs what check.sh needs beside a driver and this checkout: a Java runtime, the compiled classes and their libraries.
#   tests/gpu/bundle.sh gpu-bundle.tar.xz
# About 19 MiB for x86-64 Linux, the platform it is made on. check.sh's head says how it is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
out=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
cd "$here/../.."
. .mvn/find-jdk.sh
./mvnw -B -q test-compile dependency:build-classpath -Dmdep.outputFile=target/gpu.cp -pl tests -am

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lib=$work/gpu-bundle/lib
mkdir -p "$lib"

# pack NAME FOLDER [PART]: uncompressed, as all is compressed together
pack() {
  "$JAVA_HOME/bin/jar" --create --no-compress --no-manifest --file "$lib/$1.jar" -C "$2" "${3:-.}"
}

for module in core native backend-cpu backend-cuda cli; do
  rm -rf "$work/classes"
  cp -r "$module/target/classes" "$work/classes"
  # what other devices run
  rm -rf "$work/classes/META-INF/native" "$work/classes/META-INF/portable"
  pack "$module" "$work/classes"
done
pack tests tests/target/test-classes org
for library in jackson-core jackson-databind jackson-annotations jcuda jcuda-natives xz jspecify junit-jupiter-api \
  junit-platform-commons opentest4j assertj-core; do
  jar=$(tr ':' '\n' <tests/target/gpu.cp | grep "/$library-[0-9][^/]*\.jar\$")
  rm -rf "$work/classes"
  mkdir "$work/classes"
  (cd "$work/classes" && "$JAVA_HOME/bin/jar" xf "$jar" && rm -rf META-INF/versions lib/libJNv* lib/libJCudaRuntime*)
  pack "$library" "$work/classes"
done

"$JAVA_HOME/bin/jlink" --strip-debug --no-header-files --no-man-pages --output "$work/gpu-bundle/jdk" \
  --add-modules java.base,java.logging,java.management,java.xml,jdk.management,jdk.unsupported,jdk.incubator.vector
tar -C "$work" -c gpu-bundle | xz --x86 --lzma2=preset=9e,dict=128MiB >"$out"
ls -l "$out"
