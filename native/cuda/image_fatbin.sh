# One image for the processors that are known, with PTX for those that are not: image_fatbin.sh NAME SOURCE DEFINES...
set -eu
name=$1
source=$2
shift 2
mkdir -p "$WORK/fatbin"
# shellcheck disable=SC2086
"$NVCC" -fatbin $FLAGS -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90a,code=sm_90a \
    -gencode arch=compute_120a,code=sm_120a -gencode arch=compute_80,code=compute_80 "$@" -x cu "$source" \
    -o "$WORK/fatbin/$name.fatbin" || exit 255
