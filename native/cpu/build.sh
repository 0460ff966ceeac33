#!/bin/sh
# Builds for this machine's architecture, with objects in WORK:
#   build.sh library WORK OUT   OUT/<platform>/libsluice-cpu.so
#   build.sh test WORK          builds and runs the tests of every variant the processor has, plainly and under sanitizers,
#                               and compiles for 64-bit ARM, and runs that under qemu, where these are at hand
#   build.sh bench WORK         WORK/bench
# Exits 0 with a line of explanation where there is no C compiler: the library is optional. CC chooses the compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
task=$1
mkdir -p "$2" "${3:-$2}"
work=$(cd "$2" && pwd)
out=$(cd "${3:-$2}" && pwd)
cd "$here"
cc=${CC:-}
if [ -z "$cc" ]; then
    for c in gcc clang cc; do
        if command -v "$c" >/dev/null 2>&1; then
            cc=$c
            break
        fi
    done
fi
if [ -z "$cc" ]; then
    echo "native: no C compiler (gcc, clang or cc) found; the CPU kernels of libsluice-cpu are left out"
    exit 0
fi
machine=$(uname -m)
system=$(uname -s)
case $system-$machine in
    Linux-x86_64 | Linux-amd64) platform=linux-x86_64 suffix=so ;;
    Linux-aarch64 | Linux-arm64) platform=linux-aarch64 suffix=so ;;
    Darwin-arm64) platform=macos-aarch64 suffix=dylib ;;
    Darwin-x86_64) platform=macos-x86_64 suffix=dylib ;;
    *)
        echo "native: no CPU kernels for $system $machine; libsluice-cpu is left out"
        exit 0
        ;;
esac

# Contracting a * b + c would change dequantised values; errno would keep sqrtf from being an instruction.
flags="-std=c11 -O3 -ffp-contract=off -fno-math-errno -fno-strict-aliasing -fPIC -fvisibility=hidden -Wall -Wextra ${SLUICE_CFLAGS:-}"
case $machine in
    x86_64 | amd64)
        avx512="-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx512vbmi -mavx512bitalg -mfma -mf16c -mprefer-vector-width=512"
        variants="portable avx2 avx512 avx512bf16"
        ;;
    *) variants="portable" ;;
esac
flags_of() {
    case $1 in
        avx2) echo "-mavx2 -mfma -mf16c" ;;
        avx512) echo "$avx512" ;;
        avx512bf16) echo "$avx512 -mavx512bf16" ;;
        portable)
            case $machine in
                aarch64 | arm64) echo "-march=armv8.2-a+dotprod" ;;
                *) echo "" ;;
            esac
            ;;
    esac
}

# compile NAME FLAGS: the library's objects in WORK/NAME. Objects that are up to date stay.
compile() {
    objects=$work/$1
    # shellcheck disable=SC2046
    stamp=$(cat $(ls ./*.c ./*.h | grep -v -e '/test' -e '/bench') build.sh | cksum)" $cc $($cc --version | head -n 1) $flags $2"
    if [ "$(cat "$objects/stamp" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    mkdir -p "$objects"
    rm -f "$objects"/*.o
    {
        for s in matmul transposed attention index rows prepare variant; do
            for v in $variants; do
                echo "$s-$v $s.c $(flags_of $v) -DSLUICE_VARIANT=$v"
            done
        done
        for s in dispatch grids; do
            echo "$s $s.c"
        done
    } >"$objects/list"
    # Two at a time: compiling is not worth starving whatever else runs.
    # shellcheck disable=SC2016
    OBJECTS=$objects FLAGS="$flags $2" xargs -P 2 -L 1 sh -c 'o=$1; shift; exec $0 $FLAGS "$@" -c -o "$OBJECTS/$o.o"' "$cc" <"$objects/list"
    echo "$stamp" >"$objects/stamp"
}

# link NAME FLAGS TARGET SOURCES: from the objects of WORK/NAME and more sources, unless the target is newer.
link() {
    # shellcheck disable=SC2086
    if [ -f "$3" ] && [ "$3" -nt "$work/$1/stamp" ] && [ -z "$(find . $4 -prune ! -name . -newer "$3")" ]; then
        return 0
    fi
    mkdir -p "$(dirname "$3")"
    # shellcheck disable=SC2086
    $cc $flags $2 $4 "$work/$1"/*.o -o "$3.part" -lm
    mv "$3.part" "$3"
}

# The other architecture's kernels, where a cross compiler is at hand: they must compile without a warning, and pass the tests where an
# emulator is at hand, too.
cross() {
    other=aarch64-linux-gnu-gcc
    if [ "$machine" = aarch64 ] || ! command -v $other >/dev/null 2>&1; then
        return 0
    fi
    for s in matmul transposed attention index rows prepare variant dispatch grids; do
        # shellcheck disable=SC2086
        $other $flags -Werror -march=armv8.2-a+dotprod -DSLUICE_VARIANT=portable -c $s.c -o "$work/cross-$s.o"
    done
    by=$($other --version | head -n 1)
    for emulator in qemu-aarch64-static qemu-aarch64; do
        # A cross compiler may come without the C library of its target.
        # shellcheck disable=SC2086
        if command -v $emulator >/dev/null 2>&1 \
            && $other $flags -static $tests "$work"/cross-*.o -o "$work/test-cross" -lm 2>"$work/cross.log"; then
            echo "native: NEON kernels, compiled by $by, under $emulator:"
            $emulator "$work/test-cross" brief
            return 0
        fi
    done
    echo "native: NEON kernels compiled, not run, by $by"
}

case $task in
    library)
        library=$out/$platform/libsluice-cpu.$suffix
        compile library ""
        link library -shared "$library" ""
        echo "native: $platform/libsluice-cpu.$suffix, compiled by $($cc --version | head -n 1)"
        ;;
    test)
        tests="test.c test_matmul.c test_formats.c test_kernels.c"
        compile library ""
        # The same objects and tests that have passed here before pass again.
        passed=$(cat $tests test.h "$work/library/stamp" | cksum)
        if [ "$(cat "$work/passed" 2>/dev/null)" = "$passed" ]; then
            echo "native: the C tests of these sources have passed"
            exit 0
        fi
        link library "" "$work/test" "$tests"
        "$work/test"
        # Loops stay rolled and functions apart: instrumented code is large enough.
        sanitizers="-g1 -O1 -DSLUICE_SMALL -fsanitize=address,undefined -fno-sanitize-recover=all"
        if echo 'int main(void) { return 0; }' | $cc $sanitizers -x c - -o "$work/probe" 2>/dev/null && "$work/probe"; then
            variants=$(echo "$variants" | sed 's/ avx512 / /')
            compile sanitized "$sanitizers"
            link sanitized "$sanitizers" "$work/test-sanitized" "$tests"
            "$work/test-sanitized" brief
        else
            echo "native: this compiler has no sanitizers; the tests ran without them"
        fi
        cross
        echo "$passed" >"$work/passed"
        ;;
    bench)
        compile library ""
        # The loops of the benchmark itself are written for the widest variant.
        link library "-pthread $avx512 -mavx512bf16" "$work/bench" bench.c
        ;;
    *)
        echo "usage: build.sh library|test|bench WORK [OUT]" >&2
        exit 2
        ;;
esac
