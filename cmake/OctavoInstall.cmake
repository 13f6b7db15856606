# What an installation holds: the executable, what observed programs and compiled models need, the ready models, and
# the package files of find_package(Octavo).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(OctavoAddModel)  # so that a project that holds Octavo as a subdirectory has the function

# Headers of the runtime include each other from the repository root: <prefix>/include/octavo is that root for them.
# Users' headers are <octavo/...>.
install(TARGETS octavo_runtime EXPORT OctavoTargets ARCHIVE DESTINATION lib
        INCLUDES DESTINATION include include/octavo)
install(TARGETS octavo EXPORT OctavoTargets RUNTIME DESTINATION bin)
install(FILES ${PROJECT_SOURCE_DIR}/runtime/octavo_model.h DESTINATION include/octavo)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime DESTINATION include/octavo FILES_MATCHING PATTERN "*.h"
        PATTERN "text" EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/codegen/observe/include/octavo DESTINATION include)
foreach(target ${OCTAVO_OBSERVE_TARGETS})
  if(NOT target STREQUAL "octavo_runtime")
    install(FILES $<TARGET_FILE:${target}> DESTINATION lib)
  endif()
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/installed/octavo.toolchain.json DESTINATION lib/octavo)
install(FILES ${PROJECT_SOURCE_DIR}/models/bert.cpp ${PROJECT_SOURCE_DIR}/models/distilbert.cpp
        ${PROJECT_SOURCE_DIR}/models/activation.h DESTINATION share/octavo/models)

install(EXPORT OctavoTargets NAMESPACE Octavo:: DESTINATION lib/cmake/Octavo)
configure_package_config_file(cmake/OctavoConfig.cmake.in ${PROJECT_BINARY_DIR}/OctavoConfig.cmake
                              INSTALL_DESTINATION lib/cmake/Octavo)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/OctavoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/OctavoConfig.cmake ${PROJECT_BINARY_DIR}/OctavoConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/OctavoAddModel.cmake DESTINATION lib/cmake/Octavo)
