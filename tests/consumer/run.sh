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
./mvnw -B "$@" -f tests/consumer/pom.xml clean process-classes </dev/null
