#!/bin/sh
# Builds the emulated driver: a libcuda.so.1 whose device is this processor, with every CUDA kernel compiled for it.
#   build.sh OUT [address]     OUT/libcuda.so.1; with "address", under AddressSanitizer (then LD_PRELOAD the libasan that
#                              OUT/preload names)
# Only tests use it. Exits 0 with a line of explanation where there is no C++ compiler. CXX chooses the compiler; what has not
# changed is not compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
sanitizer=${2:-}
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
if [ "$sanitizer" = address ]; then
    flags="$flags -O1 -fsanitize=address --param asan-stack=1"
    "$cxx" -print-file-name=libasan.so >"$out/preload"
fi
stamp=$(cat $(find portable cuda -type f | LC_ALL=C sort) | cksum)" $($cxx --version | head -n 1) $flags"
if [ -f "$out/libcuda.so.1" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "emulator: $out/libcuda.so.1 is up to date"
    exit 0
fi
objects=$out/objects
mkdir -p "$objects"
. cuda/images.sh

# One translation unit an image: the kernels under names of their own, and the table through which the driver finds them.
images | while read -r name source defines; do
    id=$(echo "$name" | tr '-' '_')
    unit=$objects/$id.cpp
    kernels=$(sed -n 's/^KERNEL\(_OF([^)]*)\)* *\([a-z][a-z0-9_]*\)(.*/\2/p' "$source")
    {
        for define in $defines; do
            echo "#define ${define#-D} 1"
        done
        for k in $kernels; do
            echo "#define $k ${id}__$k"
        done
        echo "#include \"$source\""
        echo "#include \"cuda/emulator/kernel.h\""
        echo "extern const sluice::Kernel kernels_of_$id[] = {"
        for k in $kernels; do
            echo "    sluice::Unpacked<$k>::named(\"$k\"), // NOLINT"
        done
        echo "};"
    } | sed 's/named("\(.*\)__/named("/' >"$unit.new"
    if ! cmp -s "$unit.new" "$unit"; then
        mv "$unit.new" "$unit"
    else
        rm "$unit.new"
    fi
done
{
    echo '#include "cuda/emulator/kernel.h"'
    images | while read -r name source defines; do
        count=$(grep -c '^KERNEL' "$source")
        echo "extern const sluice::Kernel kernels_of_$(echo "$name" | tr '-' '_')[$count];"
    done
    echo 'namespace sluice { const Image images[] = {'
    images | while read -r name source defines; do
        echo "    {\"$name\", kernels_of_$(echo "$name" | tr '-' '_'), $(grep -c '^KERNEL' "$source")},"
    done
    echo '    {nullptr, nullptr, 0}}; }'
} >"$objects/registry.cpp"

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
    for s in blocks state device memory streams graphs modules unsupported; do
        echo "$objects/$s $cxx $flags -I. -Icuda/emulator cuda/emulator/$s.cpp"
    done
    echo "$objects/registry $cxx $flags -I. $objects/registry.cpp"
    images | while read -r name source defines; do
        id=$(echo "$name" | tr '-' '_')
        echo "$objects/$id $cxx $flags -I. -Iportable -Icuda -include cuda/emulator/cuda_shim.h $objects/$id.cpp"
    done
} >"$objects/list"
xargs -P 2 -L 1 sh "$objects/compile.sh" <"$objects/list"
# shellcheck disable=SC2046
"$cxx" $flags -shared -Wl,-soname,libcuda.so.1 -o "$out/libcuda.so.1.part" $(cut -d' ' -f1 "$objects/list" | sed 's/$/.o/') -lm
mv "$out/libcuda.so.1.part" "$out/libcuda.so.1"
echo "$stamp" >"$out/stamp"
echo "emulator: $out/libcuda.so.1, compiled by $("$cxx" --version | head -n 1)"
