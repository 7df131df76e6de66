#!/usr/bin/env bash
# Compiles the core library for the systems that this machine is not, warnings as errors; nothing is
# linked or run. It needs x86-64 Linux, cmake and npm. The first run downloads Zig (about 80 MB) into
# .cache/zig/.
#   test/cross-check.sh [TARGET ...]     e.g. test/cross-check.sh aarch64-macos.11.0
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  targets=(aarch64-macos.11.0 x86_64-macos.11.0 x86_64-windows-gnu aarch64-windows-gnu
    x86_64-linux-musl)
fi
. "$root/test/zig.sh"

mkdir -p "$root/build-cross"
failed=()
for target in "${targets[@]}"; do
  echo "cross-check: $target"
  build=$root/build-cross/$target
  # Clang warns before it optimizes, and by batches it reads most headers once for eight files.
  if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_COMPILE_WARNING_AS_ERROR=ON \
      -DCMAKE_CXX_FLAGS_RELEASE='-O0 -DNDEBUG' -DCMAKE_UNITY_BUILD=ON \
      -DCMAKE_TOOLCHAIN_FILE="$root/cmake/zig-toolchain.cmake" \
      -DZIG="$zig" -DZIG_TARGET="$target" -DEBBCACHE_TESTS=OFF -DEBBCACHE_BENCH=OFF &&
      cmake --build "$build" --target ebbcache_core --parallel "${JOBS:-2}"; } >"$build.log" 2>&1; then
    failed+=("$target")
    cat "$build.log" >&2
  fi
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "cross-check: does not compile for ${failed[*]}." >&2
  exit 1
fi
echo "cross-check: compiles for all of ${targets[*]}."
