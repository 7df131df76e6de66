#!/usr/bin/env bash
# Builds most of the C++ tests for Windows and runs them under Wine: the only run that the backends
# for Windows get on another machine. It needs x86-64 Linux, cmake and npm, and is skipped without
# Wine (Debian: wine64) or the sources of GoogleTest (Debian: libgtest-dev).
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
# The optimizer is off, because compiling takes most of the time here.
if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_TOOLCHAIN_FILE="$root/cmake/zig-toolchain.cmake" \
    -DZIG="$zig" -DZIG_TARGET=x86_64-windows-gnu -DEBBCACHE_BENCH=OFF \
    -DEBBCACHE_GTEST_SOURCE="$googletest" \
    -DEBBCACHE_TEST_THREADS_ONLY=ON &&
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
status=0
"$wine" "$build/native/test/ebbcache_tests.exe" --gtest_brief=1 "$@" \
  >"$build/tests.log" 2>&1 </dev/null || status=$?
tr -d '\r' <"$build/tests.log"
if [ "$status" -ne 0 ]; then
  echo "wine-check: the tests failed under Wine (exit code $status)." >&2
  exit 1
fi
if ! grep -q '^\[  PASSED  \]' "$build/tests.log"; then
  echo 'wine-check: the tests did not run to their end.' >&2
  exit 1
fi
echo 'wine-check: the tests pass under Wine.'
