# The project's own CUDA code on the emulator of tests/cuda_emulator, under all its checks and a random order of threads:
# the GPU tests, whether they launch every kernel, and the fingerprints of both backends. Label `emulated`, and `long` for
# what a push does not wait for. docs/testing_without_a_gpu.md says what this shows.

set(emulator "${PROJECT_SOURCE_DIR}/tests/cuda_emulator/cuda_emulator")
set(emulator_directory "${PROJECT_BINARY_DIR}/cuda_emulator")
set(emulated_traces "${emulator_directory}/traces")
set(emulated_run "${emulator}" run --library "${emulator_directory}" --check all --order 1)

# add_emulated(name label timeout command...)
function(add_emulated name label timeout)
    add_test(NAME ${name} COMMAND ${ARGN})
    set(labels emulated)
    if(label STREQUAL "long")
        list(APPEND labels long)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout})
endfunction()

# add_emulated_gpu_tests(name label target filter shards): some of a program's tests, in so many parts.
function(add_emulated_gpu_tests name label target filter shards)
    set(timeout 240)  # a part takes well under a minute on an idle machine
    if(label STREQUAL "long")
        set(timeout 3600)
    endif()
    math(EXPR last "${shards} - 1")
    foreach(shard RANGE ${last})
        add_emulated(emulated_${name}_${shard} ${label} ${timeout} "${CMAKE_COMMAND}" -E env
            GTEST_TOTAL_SHARDS=${shards} GTEST_SHARD_INDEX=${shard}
            "${emulator}" run --library "${emulator_directory}" --check all --order 1
                --trace "${emulated_traces}/${name}_${shard}" -- "$<TARGET_FILE:${target}>" "--gtest_filter=${filter}")
        set_tests_properties(emulated_${name}_${shard} PROPERTIES FIXTURES_REQUIRED emulated_kernels)
        if(label STREQUAL "push")
            set_tests_properties(emulated_${name}_${shard} PROPERTIES FIXTURES_SETUP emulated_launches)
        endif()
        set(trace_files ${trace_files} "${emulated_traces}/${name}_${shard}")
    endforeach()
    set(trace_files ${trace_files} PARENT_SCOPE)
endfunction()
