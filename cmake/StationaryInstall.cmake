include(CMakePackageConfigHelpers)

set(STATIONARY_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/stationary")

install(TARGETS stationary_kernels stationary_host stationary
    EXPORT stationaryTargets
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stationary"
    FILE_SET generated_headers DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stationary")

install(EXPORT stationaryTargets NAMESPACE stationary:: DESTINATION "${STATIONARY_PACKAGE_DIR}")

configure_package_config_file(
    "${CMAKE_CURRENT_LIST_DIR}/stationaryConfig.cmake.in" "${PROJECT_BINARY_DIR}/stationaryConfig.cmake"
    INSTALL_DESTINATION "${STATIONARY_PACKAGE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/stationaryConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/stationaryConfig.cmake" "${PROJECT_BINARY_DIR}/stationaryConfigVersion.cmake"
    DESTINATION "${STATIONARY_PACKAGE_DIR}")
