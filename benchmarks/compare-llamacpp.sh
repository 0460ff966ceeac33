#!/bin/sh
# Runs Sluice and llama.cpp in turn on the same GGUF file and prints medians and ratios.
#   benchmarks/compare-llamacpp.sh MODEL.gguf [ROUNDS]
# THREADS=n sets the threads of both (default: all processors), PREFILL=256,2048 and DECODE=64 the sizes.
# A slice of GLM-5.2 with its real shapes, about 5 GB:  ./sluice synthesize benchmarks/slice.json slice.gguf
# llama.cpp is the one that the npm package node-llama-cpp ships ready built; it is installed below
# benchmarks/target, without install scripts. Needs node 20 and npm.
set -eu

version=3.22.1
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -f "$1" ]; then
  echo "usage: $0 MODEL.gguf [ROUNDS]    (make one: ./sluice synthesize benchmarks/slice.json slice.gguf)" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd -P)
model=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")

case $(uname -sm) in
"Linux x86_64") platform=linux-x64 ;;
"Linux aarch64") platform=linux-arm64 ;;
"Darwin arm64") platform=mac-arm64-metal ;;
"Darwin x86_64") platform=mac-x64 ;;
*) echo "$0: no ready built llama.cpp for $(uname -sm)" >&2 && exit 2 ;;
esac

peer=$here/target/node-llama-cpp-$version
if [ ! -f "$peer/complete" ]; then
  mkdir -p "$peer"
  echo '{"private": true}' >"$peer/package.json"
  (cd "$peer" && npm install --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error \
    "node-llama-cpp@$version" "@node-llama-cpp/$platform@$version" >&2)
  : >"$peer/complete"
fi

# The first run builds Sluice; that is no part of any measurement.
"$here/../sluice" --version >&2
cd "$peer"
exec node "$here/compare-llamacpp.mjs" "$here/../sluice" "$model" "${2:-5}"
