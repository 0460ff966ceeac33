#!/bin/sh
# Packs what check.sh needs beside a driver and this checkout: a Java runtime, the compiled classes and their libraries.
#   tests/gpu/bundle.sh gpu-bundle.tar.xz
# About 20 MB for x86-64 Linux, the platform it is made on. check.sh's head says how it is used.
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
for module in core native backend-cpu backend-cuda cli; do
  "$JAVA_HOME/bin/jar" cf "$lib/$module.jar" -C "$module/target/classes" .
done
"$JAVA_HOME/bin/jar" cf "$lib/tests.jar" -C tests/target/test-classes org
for library in jackson-core jackson-databind jackson-annotations jcuda xz jspecify junit-jupiter-api junit-jupiter-params \
  junit-platform-commons opentest4j assertj-core; do
  tr ':' '\n' <tests/target/gpu.cp | grep "/$library-[0-9][^/]*\.jar\$" | xargs -I{} cp {} "$lib"
done
# of JCuda's native libraries the driver's alone
natives=$(tr ':' '\n' <tests/target/gpu.cp | grep '/jcuda-natives-[^/]*\.jar$')
(cd "$work" && "$JAVA_HOME/bin/jar" xf "$natives" && "$JAVA_HOME/bin/jar" cf "$lib/jcuda-natives.jar" lib/libJCudaDriver*)

"$JAVA_HOME/bin/jlink" --add-modules java.base,java.logging,java.management,java.xml,java.sql,java.desktop,jdk.management,jdk.unsupported,jdk.incubator.vector \
  --strip-debug --no-header-files --no-man-pages --output "$work/gpu-bundle/jdk"
tar -C "$work" -cJf "$out" gpu-bundle
ls -l "$out"
