# stationary_add_simd_objects(target source... [LINK library...]): compiles the sources once per SIMD level of the
# processor, as object libraries <target>_<level> that <target> takes in. STATIONARY_SIMD_LEVEL names the level's
# namespace, so that the levels can be linked together; the program picks one when it runs.

set(STATIONARY_SIMD_LEVELS generic)
set(simd_options_generic "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND STATIONARY_SIMD_LEVELS avx2 avx512)
    set(simd_options_avx2 -mavx2 -mfma)
    set(simd_options_avx512 -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512)
endif()

function(stationary_add_simd_objects target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
    foreach(level IN LISTS STATIONARY_SIMD_LEVELS)
        set(objects ${target}_${level})
        add_library(${objects} OBJECT ${arg_UNPARSED_ARGUMENTS})
        target_compile_features(${objects} PRIVATE cxx_std_20)
        target_compile_definitions(${objects} PRIVATE STATIONARY_SIMD_LEVEL=${level})
        target_compile_options(${objects} PRIVATE ${simd_options_${level}})
        target_include_directories(${objects} PRIVATE "${PROJECT_SOURCE_DIR}")
        target_link_libraries(${objects} PRIVATE
            stationary_warnings stationary_kernel_flags OpenMP::OpenMP_CXX ${arg_LINK})
        target_sources(${target} PRIVATE "$<TARGET_OBJECTS:${objects}>")
    endforeach()
endfunction()
