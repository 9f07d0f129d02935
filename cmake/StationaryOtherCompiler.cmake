# stationary_other_compiler_objects(variable level source): compiles one source of the step code for a SIMD level with
# clang++ beside a build by g++, under the level's name clang_<level>, and puts the object's path into the variable.
# Sets STATIONARY_OTHER_COMPILER where that can be done: x86-64, g++, an optimised build, and a clang++ that is installed.

find_program(STATIONARY_CLANGXX clang++)
mark_as_advanced(STATIONARY_CLANGXX)
set(STATIONARY_OTHER_COMPILER OFF)
if(STATIONARY_CLANGXX AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release"
        AND "avx2" IN_LIST STATIONARY_SIMD_LEVELS)
    set(STATIONARY_OTHER_COMPILER ON)
endif()

function(stationary_other_compiler_object variable level source)
    get_filename_component(stem "${source}" NAME_WE)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/clang_${level}/${stem}.o")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/clang_${level}")
    add_custom_command(OUTPUT "${object}"
        COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${STATIONARY_CLANGXX}" -std=c++20 -O3 -DNDEBUG ${kernel_numerics}
            ${simd_options_${level}} -DSTATIONARY_SIMD_LEVEL=clang_${level} "-I${PROJECT_SOURCE_DIR}"
            -MD -MF "${object}.d" -c "${source}" -o "${object}"
        DEPENDS "${source}" DEPFILE "${object}.d"
        COMMENT "Building ${stem} for ${level} with clang++" VERBATIM)
    set(${variable} "${object}" PARENT_SCOPE)
endfunction()
