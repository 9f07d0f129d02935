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
        # A filter that fits nothing, or a test that found no device, would show nothing.
        set_tests_properties(emulated_${name}_${shard} PROPERTIES
            FIXTURES_REQUIRED emulated_kernels FAIL_REGULAR_EXPRESSION "PASSED  . 0 tests;  SKIPPED")
        if(label STREQUAL "push")
            set_tests_properties(emulated_${name}_${shard} PROPERTIES FIXTURES_SETUP emulated_launches)
            list(APPEND trace_files "${emulated_traces}/${name}_${shard}")
        endif()
    endforeach()
    set(trace_files ${trace_files} PARENT_SCOPE)
endfunction()

# Translated once, when the kernels are built; what the cache has lost by then is translated when it is launched.
set(translated "${emulator_directory}/translated")
file(GLOB translator CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/tests/cuda_emulator/*.py" "${PROJECT_SOURCE_DIR}/tests/cuda_emulator/device*.h")
add_custom_command(OUTPUT "${translated}"
    COMMAND "${emulator}" translate --library "${emulator_directory}" --check all -- "$<TARGET_FILE:tests_kernels>" --gtest_list_tests
        > "${emulator_directory}/translated.log"
    COMMAND "${CMAKE_COMMAND}" -E touch "${translated}"
    DEPENDS tests_kernels cuda_emulator ${translator}
    COMMENT "Translating the CUDA kernels for the emulator" VERBATIM)
add_custom_target(translate_kernels ALL DEPENDS "${translated}")

add_emulated(emulated_traces_cleared push 60
    bash -c "rm -rf '${emulated_traces}' && mkdir -p '${emulated_traces}'")
set_tests_properties(emulated_traces_cleared PROPERTIES FIXTURES_SETUP emulated_kernels)

# On every push: each kernel launched once, all models of both backends' contract, some of the wide chains. Long: the rest.
set(kernels "*GpuKernels*:*GpuFastKernels*:*GpuSharedMemory*")
set(models "*/GpuBackend.*:*/GpuWide.*/langevin*:*/GpuWide.*/*_reshuffle")
add_emulated_gpu_tests(kernels push tests_kernels "${kernels}" 8)
add_emulated_gpu_tests(models push tests_kernels "${models}" 8)
add_emulated_gpu_tests(cuda push tests_cuda "*-GpuRoot.*every_word:GpuRoot.sees*" 1)
add_emulated_gpu_tests(all long tests_kernels "*Gpu*:CudaStatus*-${kernels}:${models}" 1)

# Each kernel of the programs has been launched by one of the tests above. The probe is there to be asked about only.
add_emulated(emulated_every_kernel_is_launched push 60
    "${PROJECT_SOURCE_DIR}/tests/cuda_emulator/check_launched_kernels" --except "^stationary::probe$" ${trace_files})
set_tests_properties(emulated_every_kernel_is_launched PROPERTIES FIXTURES_REQUIRED emulated_launches)

# Fingerprints of small experiments of every model, update and sampling; in two parts, so that none takes a minute.
set(compare "${PROJECT_SOURCE_DIR}/tests/cuda_emulator/compare_backends" "$<TARGET_FILE:stationary>")
foreach(dimension IN ITEMS 2 10 36)
    foreach(precision IN ITEMS float double)
        add_emulated(emulated_fingerprints_d${dimension}_${precision} push 240
            ${compare} --dimensions ${dimension} --only "d=${dimension} ${precision}" -- ${emulated_run} --)
    endforeach()
endforeach()
add_emulated(emulated_fingerprints long 14400 ${compare} --jobs 2 -- ${emulated_run} --)
