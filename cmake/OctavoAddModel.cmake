# octavo_add_model(<name>
#                  SOURCE      model.cpp [more.cpp ...]          included by --module's expression: the first
#                  MODULE      "BertModel(minilm_l6())"          C++ expression that yields the module
#                  INPUTS      "input_ids:int64[B,S]" ...        in the order of forward's parameters
#                  WEIGHTS     file.safetensors | folder
#                  [OUTPUT_NAMES name ...]
#                  [CALIBRATION samples.jsonl]                   for static ranges
#                  [POLICY octavo.toml]  [PRECISION int8|fp32]  [TARGETS scalar avx2]
#                  [INCLUDES dir ...]  [CLANG_ARGS flag ...]
#                  [DIFF file]  [REPORT file])                   copies of the source diff and of the site report
#
# makes the library target <name>: its header <name>.h, its code, and Octavo::Runtime come with
# target_link_libraries(app PRIVATE <name>). Neither LibTorch nor LLVM does.
#
# The target <name>_shared, made on demand, adds <name>.so and manifest.json to that folder, so that `octavo run`,
# `bench` and `compare` take it.
#
# The weights stay a file, <binary dir>/<name>/<name>.weights. Programs find it by the compile definition
# <NAME>_WEIGHTS, the path in the build tree as a string, or by the target property OCTAVO_WEIGHTS;
# octavo_install_weights(<name> DESTINATION share/app) installs it, and the program then names that place itself.
#
# Each stage is a command of its own, so that new calibration data does not parse LibTorch again; each depends on what
# it reads, the model's own headers included; outputs that did not change are left alone.
include_guard(GLOBAL)

function(octavo_add_model name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MODULE;WEIGHTS;CALIBRATION;POLICY;PRECISION;DIFF;REPORT"
                        "SOURCE;INPUTS;OUTPUT_NAMES;TARGETS;INCLUDES;CLANG_ARGS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "octavo_add_model(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(required SOURCE MODULE INPUTS WEIGHTS)
    if(NOT arg_${required})
      message(FATAL_ERROR "octavo_add_model(${name}): ${required} is missing")
    endif()
  endforeach()
  if(NOT name MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "octavo_add_model(${name}): the name becomes a C++ namespace; use letters, digits and _")
  endif()

  _octavo_paths(sources ${arg_SOURCE})
  _octavo_paths(weights ${arg_WEIGHTS})
  _octavo_paths(calibration ${arg_CALIBRATION})
  _octavo_paths(policy ${arg_POLICY})
  _octavo_paths(includes ${arg_INCLUDES})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${folder})

  set(options ${sources} --name ${name} --module ${arg_MODULE} --weights ${weights} -o ${folder} --quiet)
  _octavo_repeat(options --input ${arg_INPUTS})
  _octavo_repeat(options --output-name ${arg_OUTPUT_NAMES})
  _octavo_repeat(options --target ${arg_TARGETS})
  _octavo_repeat(options --include ${includes})
  if(arg_PRECISION)
    list(APPEND options --precision ${arg_PRECISION})
  endif()
  if(policy)
    list(APPEND options --policy ${policy})
  endif()
  if(TARGET octavo)  # in Octavo's own build, all models share one precompiled header per build tree
    list(APPEND options --pch-dir ${PROJECT_BINARY_DIR}/octavo-cache)
  else()
    list(APPEND options --pch-dir ${CMAKE_BINARY_DIR}/octavo-cache)
  endif()
  set(clang_args "")
  if(arg_CLANG_ARGS)
    set(clang_args -- ${arg_CLANG_ARGS})
  endif()
  set(calibrated "")
  if(calibration)
    set(calibrated --calibration ${calibration})
  endif()
  set(weight_files ${weights})
  if(IS_DIRECTORY "${weights}")
    file(GLOB weight_files CONFIGURE_DEPENDS ${weights}/*.safetensors ${weights}/*.safetensors.index.json)
  endif()

  _octavo_tool(octavo octavo_files)
  _octavo_stage(rewrite "${sources};${policy}" "${name}.octavo.cpp;${name}.sites.json;${name}.diff" DEPFILE
                build --until rewrite)
  _octavo_stage(trace "rewrite;${weight_files}" "${name}.observed;${name}.graph.json;${name}.tensors.safetensors" "" trace)
  set(graph trace)
  if(calibration)
    _octavo_stage(calibrate "trace;${calibration};${weight_files}" "${name}.ranges.json" "" calibrate ${calibrated})
    set(graph calibrate)
  endif()
  _octavo_stage(compile "${graph};${policy}" "" "" compile ${calibrated})
  _octavo_stage(link compile "${name}.so;lib${name}.a;manifest.json" "" build ${calibrated})
  add_custom_target(${name}_shared DEPENDS ${stamp_link})
  _octavo_copy("${arg_DIFF}" ${folder}/${name}.diff)
  _octavo_copy("${arg_REPORT}" ${folder}/${name}.sites.json)

  add_library(${name} STATIC ${folder}/${name}.cpp ${folder}/${name}.h ${copies})
  target_compile_features(${name} PUBLIC cxx_std_20)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON OCTAVO_WEIGHTS ${folder}/${name}.weights)
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${folder} FILES ${folder}/${name}.h)
  target_link_libraries(${name} PUBLIC Octavo::Runtime)
  string(TOUPPER ${name} upper)
  target_compile_definitions(${name} INTERFACE $<BUILD_INTERFACE:${upper}_WEIGHTS="${folder}/${name}.weights">)
endfunction()

# octavo_install_weights(<name> DESTINATION <dir>)
function(octavo_install_weights name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DESTINATION" "")
  if(NOT arg_DESTINATION)
    message(FATAL_ERROR "octavo_install_weights(${name}): DESTINATION is missing")
  endif()
  install(FILES $<TARGET_PROPERTY:${name},OCTAVO_WEIGHTS> DESTINATION ${arg_DESTINATION})
endfunction()

# ---- parts of octavo_add_model, which share its variables ------------------------------------------------------------

function(_octavo_paths result)
  set(paths "")
  foreach(path ${ARGN})
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND paths ${path})
  endforeach()
  set(${result} ${paths} PARENT_SCOPE)
endfunction()

function(_octavo_repeat list option)
  set(result ${${list}})
  foreach(value ${ARGN})
    list(APPEND result ${option} ${value})
  endforeach()
  set(${list} ${result} PARENT_SCOPE)
endfunction()

# The tool, and the files whose change means that every stage must look again. A cross build runs the host's.
function(_octavo_tool command files)
  if(OCTAVO_HOST_PATH)
    find_program(OCTAVO_HOST_TOOL octavo HINTS ${OCTAVO_HOST_PATH} ${OCTAVO_HOST_PATH}/bin NO_DEFAULT_PATH REQUIRED)
    set(${command} ${OCTAVO_HOST_TOOL} PARENT_SCOPE)
    set(${files} ${OCTAVO_HOST_TOOL} PARENT_SCOPE)
  elseif(TARGET octavo)
    set(${command} $<TARGET_FILE:octavo> PARENT_SCOPE)
    set(${files} octavo octavo_observe PARENT_SCOPE)
  elseif(TARGET Octavo::octavo)
    set(${command} $<TARGET_FILE:Octavo::octavo> PARENT_SCOPE)
    set(${files} $<TARGET_FILE:Octavo::octavo> PARENT_SCOPE)
  else()
    message(FATAL_ERROR "octavo_add_model: no octavo to run; set OCTAVO_HOST_PATH to a folder that holds it")
  endif()
endfunction()

# _octavo_stage(<stage> <dependencies> <files it writes> <DEPFILE|""> <octavo arguments>...)
# A dependency that names an earlier stage means its stamp. The stamp is touched whenever the stage ran; the files
# behind it only change when their content does.
macro(_octavo_stage stage dependencies files depfile)
  set(stamp_${stage} ${folder}/${stage}.stamp)
  set(depends ${octavo_files})
  foreach(dependency ${dependencies})
    if(DEFINED stamp_${dependency})
      list(APPEND depends ${stamp_${dependency}})
    else()
      list(APPEND depends ${dependency})
    endif()
  endforeach()
  set(byproducts "")
  foreach(file ${files})
    list(APPEND byproducts ${folder}/${file})
  endforeach()
  set(outputs ${stamp_${stage}})
  if("${stage}" STREQUAL "compile")
    list(APPEND outputs ${folder}/${name}.h ${folder}/${name}.cpp ${folder}/${name}.weights)
  endif()
  set(dep "")
  if("${depfile}" STREQUAL "DEPFILE")
    set(dep ${stamp_${stage}}.d)
    set(depfile_option --depfile ${dep})
    set(depfile_argument DEPFILE ${dep})
  else()
    set(depfile_option "")
    set(depfile_argument "")
  endif()
  add_custom_command(OUTPUT ${outputs} BYPRODUCTS ${byproducts}
                     COMMAND ${octavo} ${ARGN} ${options} ${depfile_option} ${clang_args}
                     COMMAND ${CMAKE_COMMAND} -E touch ${stamp_${stage}}
                     DEPENDS ${depends} ${depfile_argument}
                     COMMENT "Octavo: ${stage} ${name}" VERBATIM)
endmacro()

macro(_octavo_copy to from)
  if(NOT "${to}" STREQUAL "")
    set(copy "${to}")
    cmake_path(ABSOLUTE_PATH copy BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} NORMALIZE)
    add_custom_command(OUTPUT ${copy} COMMAND ${CMAKE_COMMAND} -E copy ${from} ${copy} DEPENDS ${stamp_rewrite} VERBATIM)
    list(APPEND copies ${copy})
  endif()
endmacro()
