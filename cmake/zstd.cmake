# zstd from the C sources inside an npm package, for every target that the addon is built for: the
# parts that compress, decompress and train, without threads, old formats and assembler.
set(EBBCACHE_ZSTD "${CMAKE_CURRENT_LIST_DIR}/../node_modules/@skhaz/zstd/deps/zstd/lib"
  CACHE PATH "The folder lib/ of zstd's sources")
if(NOT EXISTS "${EBBCACHE_ZSTD}/zstd.h")
  message(FATAL_ERROR "zstd was not found in ${EBBCACHE_ZSTD}: run npm ci, or set EBBCACHE_ZSTD to the folder lib/ of its sources.")
endif()

file(GLOB EBBCACHE_ZSTD_SOURCES CONFIGURE_DEPENDS
  "${EBBCACHE_ZSTD}/common/*.c" "${EBBCACHE_ZSTD}/compress/*.c" "${EBBCACHE_ZSTD}/decompress/*.c"
  "${EBBCACHE_ZSTD}/dictBuilder/*.c")
list(FILTER EBBCACHE_ZSTD_SOURCES EXCLUDE REGEX "/zstdmt_compress\\.c$")
add_library(ebbcache_zstd STATIC ${EBBCACHE_ZSTD_SOURCES})
target_include_directories(ebbcache_zstd SYSTEM PUBLIC "${EBBCACHE_ZSTD}")
# Nothing of it is visible outside the addon, next to the zstd of Node or of another addon.
target_compile_definitions(ebbcache_zstd PRIVATE ZSTD_DISABLE_ASM=1 ZSTD_LEGACY_SUPPORT=0 DEBUGLEVEL=0)
target_compile_definitions(ebbcache_zstd PUBLIC ZSTDLIB_VISIBLE= ZDICTLIB_VISIBLE= ZSTDERRORLIB_VISIBLE=)
set_target_properties(ebbcache_zstd PROPERTIES
  C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF
  COMPILE_WARNING_AS_ERROR OFF EXPORT_COMPILE_COMMANDS OFF)
if(MSVC)
  target_compile_options(ebbcache_zstd PRIVATE /w)
else()
  # AddressSanitizer checks it for what our input may cause. The checks of UndefinedBehaviorSanitizer,
  # which zstd's own project runs, would take most of the time of a build.
  target_compile_options(ebbcache_zstd PRIVATE -w -fno-sanitize=undefined)
endif()
