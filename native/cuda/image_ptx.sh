# One image to PTX without comments, blanks and needless white space: image_ptx.sh NAME SOURCE DEFINES...
set -eu
name=$1
source=$2
shift 2
mkdir -p "$WORK/ptx"
# what the preprocessor makes of it, where there is one besides nvcc's slow one, tells whether it has changed
key=
if command -v cpp >/dev/null 2>&1; then
    key=$(sh cuda/image_key.sh "$name" "$source" "$@")
    if [ -f "$WORK/ptx/$name.ptx" ] && [ "$(cat "$WORK/ptx/$name.key" 2>/dev/null)" = "$key" ]; then
        exit 0
    fi
fi
rm -f "$WORK/ptx/$name.key"
# shellcheck disable=SC2086
"$NVCC" -ptx -arch=compute_80 $FLAGS "$@" -x cu "$source" -o "$WORK/ptx/$name.raw" >"$WORK/ptx/$name.log" 2>&1 || {
    cat "$WORK/ptx/$name.log" >&2
    exit 255
}
if [ -s "$WORK/ptx/$name.log" ]; then
    cat "$WORK/ptx/$name.log" >&2
    echo "cuda: $name compiles with warnings" >&2
    exit 255
fi
{
    echo "// sluice:$name"
    sed -e 's/[[:space:]]*\/\/.*$//' -e 's/[[:space:]][[:space:]]*/ /g' -e 's/_INTERNAL_[0-9a-f]*_/_INTERNAL_/g' -e 's/^ //' -e 's/ $//' -e '/^$/d' \
        -e "s/^\.version .*/.version $VERSION/" "$WORK/ptx/$name.raw"
} >"$WORK/ptx/$name.ptx"
rm "$WORK/ptx/$name.raw" "$WORK/ptx/$name.log"
echo "$key" >"$WORK/ptx/$name.key"
