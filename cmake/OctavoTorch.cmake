# LibTorch: the one on CMAKE_PREFIX_PATH if there is one, else the `torch` wheel in the virtual environment that
# cmake/bootstrap.sh makes under build/venv. Defines the target octavo_torch and OCTAVO_TORCH_{INCLUDE_DIRS,LIBRARY_DIR}.
#
# find_package(Torch) of the wheel pulls in find_package(Caffe2), CUDA probes and -Wl flags meant for its own build;
# the two libraries and two include folders are all that a CPU program needs, so they are named directly.
find_path(OCTAVO_TORCH_ROOT include/torch/csrc/api/include/torch/torch.h
          HINTS ${Torch_DIR}/../../.. ${CMAKE_PREFIX_PATH} ${PROJECT_SOURCE_DIR}/build/venv/lib/python3.11/site-packages/torch
          NO_DEFAULT_PATH DOC "Folder of LibTorch: holds include/ and lib/")
if(NOT OCTAVO_TORCH_ROOT)
  file(GLOB found ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/torch)
  find_path(OCTAVO_TORCH_ROOT include/torch/csrc/api/include/torch/torch.h HINTS ${found})
endif()
if(NOT OCTAVO_TORCH_ROOT)
  message(FATAL_ERROR "Octavo needs LibTorch 2.x: pass -DCMAKE_PREFIX_PATH=/path/to/libtorch, or run cmake/bootstrap.sh, "
                      "which installs the torch wheel under build/venv")
endif()
set(OCTAVO_TORCH_INCLUDE_DIRS ${OCTAVO_TORCH_ROOT}/include ${OCTAVO_TORCH_ROOT}/include/torch/csrc/api/include)
set(OCTAVO_TORCH_LIBRARY_DIR ${OCTAVO_TORCH_ROOT}/lib)

add_library(octavo_torch INTERFACE)
target_include_directories(octavo_torch SYSTEM INTERFACE ${OCTAVO_TORCH_INCLUDE_DIRS})
target_link_libraries(octavo_torch INTERFACE ${OCTAVO_TORCH_LIBRARY_DIR}/libtorch.so ${OCTAVO_TORCH_LIBRARY_DIR}/libtorch_cpu.so
                      ${OCTAVO_TORCH_LIBRARY_DIR}/libc10.so Threads::Threads)
target_link_options(octavo_torch INTERFACE -Wl,-rpath,${OCTAVO_TORCH_LIBRARY_DIR})
