# Sets STATIONARY_MPI (ON or OFF); when ON, MPI::MPI_CXX is there. Without it everything is built but the distribution of
# one run over several processes.

set(STATIONARY_MPI OFF)
if(STATIONARY_ENABLE_MPI STREQUAL "OFF")
    message(STATUS "MPI: off (STATIONARY_ENABLE_MPI=OFF)")
    return()
endif()

# The C interface is all that is used; the C++ bindings of old are not even looked at.
set(MPI_CXX_SKIP_MPICXX TRUE)
if(STATIONARY_ENABLE_MPI STREQUAL "ON")
    find_package(MPI REQUIRED COMPONENTS CXX)
else()
    find_package(MPI QUIET COMPONENTS CXX)
endif()
if(MPI_CXX_FOUND)
    set(STATIONARY_MPI ON)
    message(STATUS "MPI: on (version ${MPI_CXX_VERSION} of the standard)")
else()
    message(STATUS "MPI: off (no MPI found)")
endif()
