#!/bin/sh
# Builds the CUDA kernels with nvcc 13.0, with intermediate files in WORK:
#   build.sh ptx WORK           rewrites cuda/ptx: PTX of every image for compute_80, one .xz for each type of weights
#   build.sh verify WORK        rebuilds the PTX and compares it with what is checked in
#   build.sh spills WORK        compiles all images to sm_80 and sm_90a: a spilled register or a warning fails
#   build.sh fatbin WORK OUT    OUT/<image>.fatbin with sm_80, sm_90a, sm_120a and PTX
# Exits 0 with a line of explanation where there is no nvcc 13.0: the PTX that is checked in serves. NVCC chooses the compiler. What has
# not changed is not compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
task=$1
mkdir -p "$2" "${3:-$2}"
work=$(cd "$2" && pwd)
out=$(cd "${3:-$2}" && pwd)
cd "$here/.."
nvcc=${NVCC:-nvcc}
version=$("$nvcc" --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\),.*/\1/p' || true)
if [ "$version" != 13.0 ]; then
    echo "cuda: skipped $task, which needs nvcc 13.0 (found: ${version:-none})"
    exit 0
fi
. cuda/images.sh

# As written: products and sums are fused where the source says so, on every device. Macros leave some variables unused.
flags="-std=c++17 -fmad=false -Xcudafe --display_error_number -diag-suppress 177,186,174 -Iportable -Icuda"
# One version of the PTX language that compute_80 needs at least, so that drivers from 11.0 on read it.
ptx_version=7.0
sources=$(cat $(find portable cuda -name emulator -prune -o -name ptx -prune -o -type f -print | LC_ALL=C sort) | cksum)

# each TASK FUNCTION-SCRIPT: runs the script for every image, two at a time, unless all sources are those it last succeeded with
each() {
    if [ "$(cat "$work/$1.stamp" 2>/dev/null)" = "$sources $flags" ]; then
        return 0
    fi
    rm -f "$work/$1.stamp"
    images | NVCC=$nvcc FLAGS=$flags WORK=$work VERSION=$ptx_version xargs -P 2 -L 1 sh "cuda/$1.sh"
    echo "$sources $flags" >"$work/$1.stamp"
}

# The PTX of one type of weights is one file: images of a type have much in common, and a model has few types.
groups() {
    images | sed -e 's/ .*//' -e '/-/!s/.*/common/' -e 's/^[a-z_0-9]*-//' | LC_ALL=C sort -u
}
members() {
    if [ "$1" = common ]; then
        images | sed 's/ .*//' | grep -v -e - | LC_ALL=C sort
    else
        images | sed 's/ .*//' | grep -e "^[a-z_0-9]*-$1\$" | LC_ALL=C sort
    fi
}
texts() {
    each image_ptx
    mkdir -p "$work/groups"
    for g in $(groups); do
        (cd "$work/ptx" && cat $(members "$g" | sed 's/$/.ptx/')) >"$work/groups/$g"
    done
}

case $task in
    ptx)
        texts
        rm -rf cuda/ptx
        mkdir cuda/ptx
        for g in $(groups); do
            xz -9e --check=crc32 -T1 -c "$work/groups/$g" >"cuda/ptx/$g.xz"
        done
        images | sed 's/ .*//' | LC_ALL=C sort >cuda/ptx/images
        echo "cuda: $(wc -l <cuda/ptx/images) images in $(du -bs cuda/ptx | cut -f1) bytes"
        ;;
    verify)
        texts
        images | sed 's/ .*//' | LC_ALL=C sort | cmp - cuda/ptx/images
        for g in $(groups); do
            xz -dc "cuda/ptx/$g.xz" | cmp - "$work/groups/$g" || {
                echo "cuda: cuda/ptx/$g.xz is not what the sources give: run cuda/build.sh ptx" >&2
                exit 1
            }
        done
        [ "$(ls cuda/ptx | wc -l)" = "$(($(groups | wc -l) + 1))" ]
        echo "cuda: the PTX of $(wc -l <cuda/ptx/images) images is that of the sources"
        ;;
    spills)
        texts
        each image_spills
        for name in $(images | sed 's/ .*//'); do
            cat "$work/registers/$name"
        done >"$work/registers.txt"
        echo "cuda: $(grep -c . "$work/registers.txt") kernels without spills; registers are in $work/registers.txt"
        ;;
    fatbin)
        texts
        each image_fatbin
        cp "$work"/fatbin/*.fatbin "$out"
        ;;
    *)
        echo "usage: build.sh ptx|verify|spills|fatbin WORK [OUT]" >&2
        exit 2
        ;;
esac
