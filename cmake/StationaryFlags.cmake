# Interface targets with compile options. Every target of the project links stationary_warnings and one of the two
# flags targets; none of them is installed.

add_library(stationary_warnings INTERFACE)
set(cxx_warnings -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wpedantic)
# Code that nvcc generates is not clean under more than these; the headers get the full set from the C++ compiler.
set(cuda_warnings -Xcompiler=-Wall,-Wextra)
if(STATIONARY_WERROR)
    list(APPEND cxx_warnings -Werror)
    list(APPEND cuda_warnings -Werror=all-warnings)
endif()
target_compile_options(stationary_warnings INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:${cxx_warnings}>"
    "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_warnings}>")

# Results are the same bits whatever the compiler and processor: nothing is contracted, reassociated or flushed to zero.
add_library(stationary_host_flags INTERFACE)
target_compile_options(stationary_host_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>"
    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O2>")

# errno and traps are not observed; without these two flags the lane loops do not vectorise (five times slower).
set(kernel_numerics -ffp-contract=off -fno-math-errno -fno-trapping-math)
list(JOIN kernel_numerics "," kernel_numerics_for_nvcc)
add_library(stationary_kernel_flags INTERFACE)
target_compile_options(stationary_kernel_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:${kernel_numerics}>"
    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O3>"
    "$<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-ftz=false;-prec-sqrt=true;-prec-div=true;--expt-relaxed-constexpr>"
    "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${kernel_numerics_for_nvcc}>")
# False alarms of GCC 12: the undefined operands inside its own AVX-512 intrinsics (GCC bug 105593), and buffers of the
# noise streams, which are filled when they are first read.
target_compile_options(stationary_kernel_flags INTERFACE
    "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized>")
