#!/usr/bin/env bash
# Builds the C++ tests with sanitizers by Clang and runs them in two processes, as most of them use
# one processor or wait. Random tests have an eighth of their steps, or all with EBBCACHE_FULL=1.
# ThreadSanitizer leaves out the tests of a single thread, which show nothing about races.
#   test/sanitizers.sh address,undefined|thread [--gtest_filter=... and other options of GoogleTest]
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizers=${1:?Name the sanitizers: address,undefined or thread.}
shift
build=build-${sanitizers%%,*}
selection=all
[ "$sanitizers" != thread ] || selection=threads
mkdir -p "$build"
if ! { CC=clang-16 CXX=clang++-16 cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DEBBCACHE_BENCH=OFF -DCMAKE_UNITY_BUILD=ON -DEBBCACHE_SANITIZE="$sanitizers" \
    -DEBBCACHE_TEST_SELECTION=$selection &&
    cmake --build "$build" --target ebbcache_tests; } >"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  exit 1
fi

shards=()
for shard in 0 1; do
  GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$shard "$build/native/test/ebbcache_tests" \
    --gtest_brief=1 "$@" >"$build/tests-$shard.log" 2>&1 &
  shards+=($!)
done
failed=
for shard in 0 1; do
  wait "${shards[shard]}" || failed=yes
  cat "$build/tests-$shard.log"
done
[ -z "$failed" ]
