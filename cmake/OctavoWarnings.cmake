# Warnings for our own targets, as an interface target so that they never reach a consumer.
add_library(octavo_warnings INTERFACE)
# Two are off: GCC 12 reports string concatenations that can neither overlap nor overflow (GCC bugs 105651, 105329).
target_compile_options(octavo_warnings INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow>
                                                 $<$<BOOL:${OCTAVO_WERROR}>:-Werror>)
target_include_directories(octavo_warnings INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)

# Tools run for a moment beside the compilers they call: a third less time to build them is worth more.
set(OCTAVO_TOOL_OPTIONS $<$<CONFIG:Release>:-O1>)

# A unity build parses LibTorch's, Clang's and the JSON headers once a room, in less time than a precompiled header
# takes to make and to load. Without it (preset dev) the precompiled header makes the next build short.
function(octavo_precompile_headers target)
  if(NOT CMAKE_UNITY_BUILD)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# octavo_add_library(<target> [FAST] SOURCES ... [LIBRARIES ...])   a static library of one room; FAST: its speed matters
function(octavo_add_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FAST" "" "SOURCES;LIBRARIES")
  add_library(${target} STATIC ${arg_SOURCES})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${target} PUBLIC ${arg_LIBRARIES} PRIVATE $<BUILD_INTERFACE:octavo_warnings>)
  if(arg_FAST)
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  else()
    target_compile_options(${target} PRIVATE ${OCTAVO_TOOL_OPTIONS})
  endif()
endfunction()
