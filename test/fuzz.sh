#!/usr/bin/env bash
# Builds the fuzz targets of native/fuzz/ and runs each for some seconds; fails on a finding, whose input
# is kept next to the target. It needs Clang and its runtime (Debian: clang-16, libclang-rt-16-dev).
#   test/fuzz.sh [SECONDS]     10 if left out
set -euo pipefail
cd "$(dirname "$0")/.."

build=build-fuzz
mkdir -p "$build"
if ! { cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_COMPILER=clang++-16 -DCMAKE_UNITY_BUILD=ON \
    -DEBBCACHE_FUZZ=ON -DEBBCACHE_FUZZ_SECONDS="${1:-10}" &&
    cmake --build "$build" --target ebbcache_codec_fuzz ebbcache_ring_fuzz ebbcache_store_fuzz; } >"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  exit 1
fi
for target in fuzz_codec fuzz_ring fuzz_store; do
  cmake --build "$build" --target "$target" >"$build/$target.log" 2>&1 ||
    { cat "$build/$target.log" >&2; exit 1; }
  grep -E 'stat::number_of_executed_units' "$build/$target.log" | sed "s/^/$target: /"
done
