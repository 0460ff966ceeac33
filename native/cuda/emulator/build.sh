#!/bin/sh
# Builds for this processor what CUDA kernels run on in tests:
#   build.sh OUT         OUT/libcuda.so.1, an emulated driver whose device is this processor, with every kernel
#   build.sh OUT test    OUT/test, which plays the kernels that are CUDA's alone under AddressSanitizer, and runs it
# Exits 0 with a line of explanation where there is no C++ compiler. CXX chooses the compiler; what has not
# changed is not compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
task=${2:-driver}
cxx=${CXX:-g++}
if ! command -v "$cxx" >/dev/null 2>&1; then
    echo "emulator: no C++ compiler ($cxx) found; the emulated driver is left out"
    exit 0
fi
native=$(cd "$here/../.." && pwd)
cd "$native"

# As for the device: nothing is contracted that the source does not contract.
flags="-std=c++17 -O2 -g1 -ffp-contract=off -fno-strict-aliasing -fPIC -fvisibility=hidden -Wall -Wextra -Werror -pthread"
flags="$flags -Wno-unused-function -Wno-unused-variable -Wno-unused-parameter -Wno-unknown-pragmas -Wno-cast-function-type"
flags="$flags -Wno-uninitialized -Wno-maybe-uninitialized -Wno-psabi -Wno-unused-but-set-variable -Wno-array-bounds"
case $(uname -m) in
    x86_64 | amd64) flags="$flags -march=native" ;;
esac
stamp=$(cat $(find portable cuda -name ptx -prune -o -type f -print | LC_ALL=C sort) | cksum)" $($cxx --version | head -n 1) $flags"
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "emulator: $out is up to date"
    exit 0
fi
objects=$out/objects
mkdir -p "$objects"
. cuda/images.sh
if [ "$task" = test ]; then
    # what is compared, and the portable kernel that says what a weight's elements are
    chosen() { images | grep -e '^embed-' -e ' cuda/'; }
    sanitizer="-O1 -fsanitize=address -fno-omit-frame-pointer"
    parts="blocks"
else
    chosen() { images; }
    sanitizer=
    parts="blocks state device memory streams graphs modules unsupported"
fi

chosen | awk -v objects="$objects" -f cuda/emulator/units.awk

# compile SOURCE OBJECT FLAGS...: unless what the preprocessor makes of it is what the object was made of
cat >"$objects/compile.sh" <<'S'
object=$1
shift
key=$("$@" -E -P | cksum)" $*"
if [ -f "$object.o" ] && [ "$(cat "$object.key" 2>/dev/null)" = "$key" ]; then
    exit 0
fi
rm -f "$object.key"
"$@" -c -o "$object.o" || exit 255
echo "$key" >"$object.key"
S
{
    for s in $parts; do
        echo "$objects/$s $cxx $flags $sanitizer -I. -Icuda/emulator cuda/emulator/$s.cpp"
    done
    echo "$objects/registry $cxx $flags $sanitizer -I. $objects/registry.cpp"
    chosen | sed -e 's/ .*//' -e 'y/-/_/' | while read -r id; do
        echo "$objects/$id $cxx $flags $sanitizer -I. -Iportable -Icuda -include cuda/emulator/cuda_shim.h $objects/$id.cpp"
    done
} >"$objects/list"
xargs -P 2 -L 1 sh "$objects/compile.sh" <"$objects/list"
all=$(cut -d' ' -f1 "$objects/list" | sed 's/$/.o/')
if [ "$task" = test ]; then
    for s in cuda/tests/*.cpp; do
        o=$objects/$(basename "$s" .cpp)
        # shellcheck disable=SC2086
        sh "$objects/compile.sh" "$o" "$cxx" $flags $sanitizer -I. "$s"
        all="$all $o.o"
    done
    # shellcheck disable=SC2086
    "$cxx" -x c -O1 -fsanitize=address -c cpu/grids.c -o "$objects/grids.o"
    # shellcheck disable=SC2086
    "$cxx" $flags $sanitizer -o "$out/test" $all "$objects/grids.o"
    "$out/test"
else
    # shellcheck disable=SC2086
    "$cxx" $flags -shared -Wl,-soname,libcuda.so.1 -o "$out/libcuda.so.1.part" $all -lm
    mv "$out/libcuda.so.1.part" "$out/libcuda.so.1"
    echo "emulator: $out/libcuda.so.1, compiled by $("$cxx" --version | head -n 1)"
fi
echo "$stamp" >"$out/stamp"
