#!/bin/sh
# Everything that needs a GPU, into one JSON: op cases of every kernel, goldens, compute-sanitizer where it is installed, speed
# beside what the GPU can do, the same on a model that fills it, and beside PyTorch where that is installed. Needs a driver and
# a JDK 25, and classes that were compiled before, on any machine:
#   ./mvnw -B test-compile dependency:build-classpath -Dmdep.outputFile=target/gpu.cp -pl tests -am
#   tests/gpu/check.sh OUT.json
# On a machine with nothing but a driver: bundle.sh beside this packs a Java runtime and the classes; carry its output and this
# checkout there. Weights are made there, no model is carried:
#   tar -xJf gpu-bundle.tar.xz -C /tmp && CHECK_BUNDLE=/tmp/gpu-bundle tests/gpu/check.sh OUT.json
# Each part has a time limit, and one that fails leaves the others running. What parts wrote lies in OUT.json.parts; those that
# are not chosen keep what an earlier run left there, so that parts can be run one call at a time. Ends with 1 where a part
# failed or ran out of time, with 0 where figures miss their aims.
# CHECK_PARTS  some of: cases goldens sanitizer speed large torch (default: all)
# CHECK_SCALE  full, or tiny: to try the script on the emulated driver (of the goldens one prompt)
# CHECK_EVERY  one of so many op cases (default 1)
# CHECK_LIMIT  seconds a part may take (default 540)
# CHECK_CP     class path instead of that of tests/target/gpu.cp
# CHECK_JAVA   more options for the JVM, such as -Dsluice.cuda.driver=PATH
# CHECK_PYTHON the Python that holds PyTorch (default python3)
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1.parts"
parts=$(cd "$1.parts" && pwd -P)
out=${parts%.parts}
scale=${CHECK_SCALE:-full}
if [ -n "${CHECK_BUNDLE:-}" ]; then
  java=$CHECK_BUNDLE/jdk/bin/java
  cp=${CHECK_CP:-$CHECK_BUNDLE/lib/*}
else
  . "$here/../../.mvn/find-jdk.sh"
  java=$JAVA_HOME/bin/java
  cp=${CHECK_CP:-$here/../target/test-classes:$(cat "$here/../target/gpu.cp")}
fi
cd "$here/.."

limited=
if command -v timeout >/dev/null 2>&1; then
  limited="timeout -k 10 ${CHECK_LIMIT:-540}"
fi

chosen() {
  case " ${CHECK_PARTS:-cases goldens sanitizer speed large torch} " in
    *" $1 "*) rm -f "$parts/$1".* ;;
    *) return 1 ;;
  esac
}

# part NAME COMMAND...: its exit status and its seconds into NAME.status, what it says into NAME.log
part() {
  name=$1
  shift
  echo "check: $name"
  begin=$(date +%s)
  status=0
  $limited "$@" >"$parts/$name.log" 2>&1 || status=$?
  echo "$status $(($(date +%s) - begin))" >"$parts/$name.status"
}

skip() {
  echo "skipped $2" >"$parts/$1.status"
}

# jvm NAME PREFIX CLASS ARGUMENTS...: a part that writes NAME.json
jvm() {
  name=$1
  prefix=$2
  class=$3
  shift 3
  # shellcheck disable=SC2086 # options and prefixes are words
  part "$name" $prefix "$java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED ${CHECK_JAVA:-} \
    -cp "$cp" "org.sluice.tests.gpu.$class" "$parts/$name.json" "$@"
}

if chosen cases; then
  jvm cases "" GpuCheck cases "${CHECK_EVERY:-1}"
fi
if chosen goldens; then
  jvm goldens "" GpuCheck goldens "$scale"
fi
if chosen sanitizer; then
  if command -v compute-sanitizer >/dev/null 2>&1; then
    # every seventh case: the sanitizer is slow
    jvm sanitizer "compute-sanitizer --error-exitcode 9 --target-processes all" GpuCheck cases 7
  else
    skip sanitizer "compute-sanitizer is not installed"
  fi
fi
if chosen speed; then
  jvm speed "" GpuSpeed "$scale" slice
fi
if chosen large; then
  jvm large "" GpuSpeed "$scale" large
fi
if chosen torch; then
  python=${CHECK_PYTHON:-python3}
  if "$python" -c 'import torch' >/dev/null 2>&1; then
    part torch "$python" "$here/reference.py" "$parts/torch.json" "$scale"
  else
    skip torch "$python has no PyTorch"
  fi
fi

status=0
"$java" -cp "$cp" org.sluice.tests.gpu.GpuReport "$parts" "$out" || status=$?
echo "check: $out"
exit $status
