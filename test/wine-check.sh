#!/usr/bin/env bash
# Builds the C++ tests that use Windows for more than its heap and runs them under Wine, in two processes:
# the only run that the backends for Windows get on another machine. EBBCACHE_FULL=1 builds and runs
# all of them. It needs x86-64 Linux, cmake, ninja and npm, and is skipped without Wine (Debian:
# wine64) or the sources of GoogleTest (Debian: libgtest-dev).
#   test/wine-check.sh [--gtest_filter=... and other options of GoogleTest]
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
googletest=/usr/src/googletest

# Debian's wine64 alone puts nothing in the path.
wine=$(command -v wine64 /usr/lib/wine/wine64 | head -n 1 || true)
if [ -z "$wine" ]; then
  echo 'wine-check: skipped, because there is no wine64 (Debian: wine64).'
  exit 0
fi
if [ ! -f "$googletest/CMakeLists.txt" ]; then
  echo "wine-check: skipped, because there is no $googletest (Debian: libgtest-dev)."
  exit 0
fi
. "$root/test/zig.sh"

build=$root/build-wine
mkdir -p "$build"
selection=backends
[ "${EBBCACHE_FULL:-0}" != 1 ] || selection=all
# There is little optimization, because compiling takes most of the time here.
if ! { cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_TOOLCHAIN_FILE="$root/cmake/zig-toolchain.cmake" \
    -DZIG="$zig" -DZIG_TARGET=x86_64-windows-gnu -DEBBCACHE_BENCH=OFF \
    -DEBBCACHE_GTEST_SOURCE="$googletest" \
    -DEBBCACHE_TEST_SELECTION="$selection" &&
    cmake --build "$build" --target ebbcache_tests --parallel "${JOBS:-2}"; } >"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  echo 'wine-check: the tests do not build for Windows.' >&2
  exit 1
fi

export WINEPREFIX=$build/prefix WINEARCH=win64 WINEDEBUG=-all
# This ends only our own server, because a server belongs to one WINEPREFIX.
end_wine() { "$(command -v wineserver /usr/lib/wine/wineserver64 | head -n 1)" -k || true; }
trap end_wine EXIT
if [ ! -d "$WINEPREFIX" ]; then
  "$wine" winecfg -v win10 >"$build/winecfg.log" 2>&1 </dev/null || { cat "$build/winecfg.log" >&2; exit 1; }
fi

# Wine's programs write to files, not to pipes.
shards=()
for shard in 0 1; do
  GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$shard "$wine" "$build/native/test/ebbcache_tests.exe" \
    --gtest_brief=1 "$@" >"$build/tests-$shard.log" 2>&1 </dev/null &
  shards+=($!)
done
for shard in 0 1; do
  status=0
  wait "${shards[shard]}" || status=$?
  log=$build/tests-$shard.log
  tr -d '\r' <"$log"
  if [ "$status" -ne 0 ]; then
    echo "wine-check: the tests failed under Wine (exit code $status)." >&2
    exit 1
  fi
  if ! grep -q '^\[  PASSED  \]' "$log"; then
    echo 'wine-check: the tests did not run to their end.' >&2
    exit 1
  fi
done
echo 'wine-check: the tests pass under Wine.'
