# Finds what the chosen rooms need, once, with a message that names the Debian package.
macro(octavo_need package debian)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "Octavo needs ${package}: apt-get install ${debian}, or run cmake/bootstrap.sh")
  endif()
endmacro()

macro(octavo_any_room result)
  set(${result} FALSE)
  foreach(room ${ARGN})
    if(room IN_LIST OCTAVO_ROOMS)
      set(${result} TRUE)
    endif()
  endforeach()
endmacro()

find_package(Threads REQUIRED)

octavo_any_room(needs_base base)
if(needs_base)
  octavo_need(nlohmann_json nlohmann-json3-dev)
  octavo_need(tomlplusplus libtomlplusplus-dev)
  octavo_need(fmt libfmt-dev)
endif()

octavo_any_room(needs_cli cli)
if(needs_cli)
  octavo_need(CLI11 libcli11-dev)
endif()

octavo_any_room(needs_llvm rewriter)
if(needs_llvm)
  # LLVM's own package file asks for the exact major version; Octavo is written against 19.
  list(APPEND CMAKE_PREFIX_PATH /usr/lib/llvm-19)
  octavo_need(LLVM llvm-19-dev 19.1 CONFIG)
  octavo_need(Clang libclang-19-dev CONFIG)
endif()

octavo_any_room(needs_torch observe models bench)
if(needs_torch)
  include(OctavoTorch)
endif()

octavo_any_room(needs_tests tests)
if(needs_tests)
  octavo_need(GTest libgtest-dev)
endif()
