# One image's PTX to machine code: registers of each kernel into WORK/registers, failing at spills and warnings.
#   image_spills.sh NAME ...
set -eu
name=$1
mkdir -p "$WORK/registers"
key=$(cksum <"$WORK/ptx/$name.ptx")
if [ -f "$WORK/registers/$name" ] && [ "$(cat "$WORK/registers/$name.key" 2>/dev/null)" = "$key" ]; then
    exit 0
fi
rm -f "$WORK/registers/$name.key"
ptxas=$(dirname "$(command -v "$NVCC")")/ptxas
: >"$WORK/registers/$name.new"
for arch in sm_80 sm_90a; do
    "$ptxas" -v -arch=$arch "$WORK/ptx/$name.ptx" -o /dev/null >"$WORK/registers/$name.log" 2>&1 || {
        cat "$WORK/registers/$name.log" >&2
        exit 255
    }
    if grep -v -e '^ptxas info' -e ' 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads' "$WORK/registers/$name.log" >&2; then
        echo "cuda: $name spills registers, keeps an array in memory, or is warned of, on $arch" >&2
        exit 255
    fi
    sed -n -e "s/.*Compiling entry function '\(.*\)' for.*/\1/p" -e 's/.*Used \([0-9]* registers.*\)/\1/p' \
        "$WORK/registers/$name.log" | paste - - | sed "s/^/$name $arch /" >>"$WORK/registers/$name.new"
done
mv "$WORK/registers/$name.new" "$WORK/registers/$name"
rm "$WORK/registers/$name.log"
echo "$key" >"$WORK/registers/$name.key"
