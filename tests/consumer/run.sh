#!/bin/sh
# Installs Sluice's jars into a private local repository below target/ and builds and runs this project against them, on
# the class path and on the module path. The user's own repository serves as a read-only cache and gets nothing of ours.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
. ./.mvn/find-jdk.sh
user=${MAVEN_USER_HOME:-$HOME/.m2}/repository
mkdir -p "$user"
set -- "-Dmaven.repo.local=$root/target/consumer-repository" "-Dmaven.repo.local.tail=$user"
./mvnw -B -q "$@" -pl '!tests,!benchmarks,!cli' install -DskipTests -Dspotless.check.skip </dev/null
# JCuda's library must be found in its jar, not where an earlier run has left it.
temporary=$root/target/consumer-temporary
rm -rf "$temporary"
mkdir -p "$temporary"
set -- "$@" "-Dconsumer.temporary=$temporary"
driver=$root/native/target/cuda-emulator/libcuda.so.1
if [ -f "$driver" ] && ! [ -e /dev/nvidiactl ]; then
  set -- "$@" "-Dconsumer.driver=$driver"
fi
./mvnw -B "$@" -f tests/consumer/pom.xml clean process-classes </dev/null
