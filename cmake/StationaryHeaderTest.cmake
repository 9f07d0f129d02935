# Adds an object library that compiles every header in the target's header set alone: .h with the C++ compiler, .cuh
# with nvcc where CUDA is on. Further arguments are libraries that the headers need beyond the target's own interface.
function(stationary_add_header_test target)
    set(name ${target}_headers_alone)
    get_target_property(headers ${target} HEADER_SET)
    add_library(${name} OBJECT)
    foreach(header IN LISTS headers)
        cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
        cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE included)
        cmake_path(GET header EXTENSION LAST_ONLY extension)
        if(extension STREQUAL ".h")
            set(source "${CMAKE_CURRENT_BINARY_DIR}/headers_alone/${included}.cpp")
        elseif(STATIONARY_CUDA)
            set(source "${CMAKE_CURRENT_BINARY_DIR}/headers_alone/${included}.cu")
        else()
            continue()
        endif()
        # Included twice: the second time shows that the include guard is there.
        file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"@included@\"\n#include \"@included@\"\n" @ONLY)
        target_sources(${name} PRIVATE "${source}")
    endforeach()
    target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-O0>"
        "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>")  # as all kernels are compiled
    target_link_libraries(${name} PRIVATE ${target} stationary_warnings ${ARGN})
endfunction()
