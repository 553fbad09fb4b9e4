# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, both libraries, the command, a CMake package and plait.pc.

include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/plait)

install(TARGETS plait plait_static EXPORT plait_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS plait_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT plait_targets FILE plait_targets.cmake NAMESPACE plait:: DESTINATION ${package_folder})

configure_file(cmake/plaitConfig.cmake.in plaitConfig.cmake @ONLY)
write_basic_package_version_file(plaitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/plaitConfig.cmake ${PROJECT_BINARY_DIR}/plaitConfigVersion.cmake
  DESTINATION ${package_folder})

# Paths from the file itself, so that the tree may be installed under any prefix.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(pc_requires "OpenCL")
if(PLAIT_CLBLAST)
  string(APPEND pc_requires " clblast")
endif()
if(PLAIT_LOADER)
  list(JOIN loader_packages " " names)
  string(APPEND pc_requires " ${names}")
endif()
if(PLAIT_CACHE)
  string(APPEND pc_requires " sqlite3")
endif()
configure_file(cmake/plait.pc.in plait.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/plait.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
