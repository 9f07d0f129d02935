# Generates stationary_config.h: what this build is. The commit is that of the last configuration; a git checkout is
# configured again after each commit, a source archive says "unknown".

set(STATIONARY_GIT_COMMIT unknown)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS "${PROJECT_SOURCE_DIR}/.git")
    execute_process(
        COMMAND "${GIT_EXECUTABLE}" -C "${PROJECT_SOURCE_DIR}" rev-parse --short=12 HEAD
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
    if(status EQUAL 0)
        set(STATIONARY_GIT_COMMIT "${commit}")
    endif()
    if(EXISTS "${PROJECT_SOURCE_DIR}/.git/logs/HEAD")
        set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
            "${PROJECT_SOURCE_DIR}/.git/logs/HEAD")
    endif()
endif()

if(STATIONARY_CUDA)
    set(STATIONARY_CUDA_BOOL true)
    set(STATIONARY_CUDA_VERSION "${CUDAToolkit_VERSION}")
else()
    set(STATIONARY_CUDA_BOOL false)
    set(STATIONARY_CUDA_VERSION "")
endif()

if(STATIONARY_MPI)
    set(STATIONARY_MPI_BOOL true)
else()
    set(STATIONARY_MPI_BOOL false)
endif()

set(STATIONARY_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
configure_file("${CMAKE_CURRENT_LIST_DIR}/stationary_config.h.in" "${STATIONARY_GENERATED_DIR}/stationary_config.h" @ONLY)
