#!/bin/sh
# Builds the CUDA kernels with nvcc 13.0, with intermediate files in WORK:
#   build.sh ptx WORK           rewrites cuda/ptx: PTX of every image for compute_80, one .xz for each group of types
#   build.sh verify WORK [all]  compares the sources of all images with those the PTX was built of, rebuilds the PTX of a
#                               sixteenth of them, or of all, and compares it with what is checked in
#   build.sh spills WORK [all]  compiles these images to sm_80 and sm_90a: a spilled register or a warning fails
#   build.sh fatbin WORK OUT    OUT/<image>.fatbin with sm_80, sm_90a, sm_120a and PTX
# Exits 0 with a line of explanation where there is no nvcc 13.0: the PTX that is checked in serves. NVCC chooses the compiler. What has
# not changed is not compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
task=$1
mkdir -p "$2"
work=$(cd "$2" && pwd)
extent=${3:-}
if [ "$task" = fatbin ]; then
    mkdir -p "$3"
    extent=$(cd "$3" && pwd)
fi
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

export NVCC=$nvcc FLAGS=$flags WORK=$work VERSION=$ptx_version

# Which images a check takes: other ones whenever a source changes.
chosen() {
    if [ "$extent" = all ] || ! command -v cpp >/dev/null 2>&1; then
        images
    else
        images | awk -v some="${sources%% *}" 'NR % 16 == some % 16 || $1 !~ /-/'
    fi
}

# each SCRIPT: runs it for every image on the standard input, two at a time
each() {
    xargs -P 2 -L 1 sh "cuda/$1.sh"
}

keys() {
    images | each image_key | LC_ALL=C sort
}

# Images with the groups they are packed into.
packed() {
    images | while read -r name _; do
        echo "$name $(group_of "$name")"
    done | LC_ALL=C sort
}
# The text of one image that is checked in.
text_of() {
    xz -dc "cuda/ptx/$(group_of "$1").xz" | awk -v first="// sluice:$1" '/^\/\/ sluice:/ { own = $0 == first } own'
}

case $task in
    ptx)
        images | each image_ptx
        rm -rf cuda/ptx
        mkdir cuda/ptx
        packed >cuda/ptx/images
        for g in $(cut -d' ' -f2 cuda/ptx/images | LC_ALL=C sort -u); do
            (cd "$work/ptx" && cat $(sed -n "s/ $g\$/.ptx/p" "$here/ptx/images")) |
                xz --lzma2=preset=9e,dict=16MiB --check=crc32 -T1 -c >"cuda/ptx/$g.xz"
        done
        keys >cuda/ptx/keys
        echo "cuda: $(wc -l <cuda/ptx/images) images in $(du -bs cuda/ptx | cut -f1) bytes"
        ;;
    verify)
        packed | cmp - cuda/ptx/images
        if command -v cpp >/dev/null 2>&1; then
            keys | diff cuda/ptx/keys - >&2 || {
                echo "cuda: sources have changed since their PTX was built: run cuda/build.sh ptx" >&2
                exit 1
            }
        fi
        chosen | each image_ptx
        for name in $(chosen | sed 's/ .*//'); do
            text_of "$name" | cmp - "$work/ptx/$name.ptx" || {
                echo "cuda: the PTX of $name is not what its source gives: run cuda/build.sh ptx" >&2
                exit 1
            }
        done
        echo "cuda: the PTX of $(wc -l <cuda/ptx/images) images is that of the sources, $(chosen | wc -l) of them rebuilt"
        ;;
    spills)
        chosen | each image_ptx
        chosen | each image_spills
        for name in $(chosen | sed 's/ .*//'); do
            cat "$work/registers/$name"
        done >"$work/registers.txt"
        echo "cuda: $(grep -c . "$work/registers.txt") kernels without spills; registers are in $work/registers.txt"
        ;;
    fatbin)
        images | each image_fatbin
        cp "$work"/fatbin/*.fatbin "$extent"
        ;;
    *)
        echo "usage: build.sh ptx|verify|spills|fatbin WORK [all|OUT]" >&2
        exit 2
        ;;
esac
