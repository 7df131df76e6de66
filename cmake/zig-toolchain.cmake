# Cross-compiles with Zig's clang:
#   cmake -DCMAKE_TOOLCHAIN_FILE=cmake/zig-toolchain.cmake -DZIG=/path/to/zig \
#         -DZIG_TARGET=aarch64-macos.11.0 ...
# Zig builds libc++ once per target, and keeps it in the folder of ZIG_GLOBAL_CACHE_DIR.
set(ZIG "zig" CACHE STRING "The zig executable")
set(ZIG_TARGET "" CACHE STRING "arch-system-abi, e.g. x86_64-windows-gnu")
# The compiler checks run in their own projects, which do not see this cache.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TARGET)

if(NOT ZIG_TARGET MATCHES "^([a-z0-9_]+)-(macos|windows|linux)")
  message(FATAL_ERROR "ZIG_TARGET is \"${ZIG_TARGET}\": it must be like aarch64-macos.11.0, "
                      "x86_64-windows-gnu or x86_64-linux-musl.")
endif()
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
if(CMAKE_MATCH_2 STREQUAL "macos")
  set(CMAKE_SYSTEM_NAME Darwin)
elseif(CMAKE_MATCH_2 STREQUAL "windows")
  set(CMAKE_SYSTEM_NAME Windows)
else()
  set(CMAKE_SYSTEM_NAME Linux)
endif()

foreach(language C CXX)
  set(driver cc)
  if(language STREQUAL "CXX")
    set(driver c++)
  endif()
  # Zig turns UBSan on for builds without -O, and its runtime is not linked.
  set(CMAKE_${language}_COMPILER ${ZIG} ${driver} -target ${ZIG_TARGET} -fno-sanitize=undefined)
  # This makes CMake identify the compiler without linking, for which Zig would build all of libc++.
  set(CMAKE_${language}_COMPILER_TARGET ${ZIG_TARGET})
endforeach()

# The host's ar may not support the object files of the target. CMake needs a program without arguments.
foreach(tool ar ranlib)
  string(TOUPPER ${tool} variable)
  set(wrapper ${CMAKE_BINARY_DIR}/zig-${tool})
  file(WRITE ${wrapper} "#!/bin/sh\nexec '${ZIG}' ${tool} \"$@\"\n")
  execute_process(COMMAND chmod +x ${wrapper})
  set(CMAKE_${variable} ${wrapper} CACHE FILEPATH "From the Zig toolchain" FORCE)
endforeach()

# The other checks do not link either.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
if(CMAKE_SYSTEM_NAME STREQUAL "Windows")
  # Zig's libc++ uses Windows' own threads. A check that does not link would find pthreads.
  foreach(check CMAKE_HAVE_PTHREADS_CREATE CMAKE_HAVE_PTHREAD_CREATE THREADS_HAVE_PTHREAD_ARG)
    set(${check} OFF CACHE INTERNAL "")
  endforeach()
endif()

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
