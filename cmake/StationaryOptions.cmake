option(STATIONARY_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(STATIONARY_BUILD_BENCH "Build the benchmarks" OFF)
option(STATIONARY_WERROR "Treat warnings as errors" OFF)

set(STATIONARY_ENABLE_CUDA AUTO CACHE STRING "CUDA backend: AUTO (if there is a toolkit), ON (an error without one) or OFF")
set_property(CACHE STATIONARY_ENABLE_CUDA PROPERTY STRINGS AUTO ON OFF)

set(STATIONARY_CUDA_RUNTIME Static CACHE STRING
    "CUDA runtime library that programs use: Static, or Shared, which the tests can replace by an emulator of a GPU")
set_property(CACHE STATIONARY_CUDA_RUNTIME PROPERTY STRINGS Static Shared)

set(STATIONARY_ENABLE_MPI AUTO CACHE STRING "Several ranks in one run: AUTO (if there is an MPI), ON (an error without) or OFF")
set_property(CACHE STATIONARY_ENABLE_MPI PROPERTY STRINGS AUTO ON OFF)

set(STATIONARY_TEST_TIMEOUT 60 CACHE STRING "Seconds that a test of the default run may take")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

if(NOT CMAKE_RUNTIME_OUTPUT_DIRECTORY)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Paths within the source tree are relative for ccache, so that every clone shares what one has compiled.
find_program(STATIONARY_CCACHE ccache)
mark_as_advanced(STATIONARY_CCACHE)
if(STATIONARY_CCACHE AND PROJECT_IS_TOP_LEVEL)
    foreach(language CXX CUDA)
        if(NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
            set(CMAKE_${language}_COMPILER_LAUNCHER
                "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "${STATIONARY_CCACHE}")
        endif()
    endforeach()
endif()

include(GNUInstallDirs)
