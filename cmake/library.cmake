# SPDX-License-Identifier: MIT
# The library: plait_objects (compiled once, for the tests too), plait (shared) and plait_static.

set(generated ${PROJECT_BINARY_DIR}/generated)

# Every layer's sources, bottom to top; a new file in a folder needs no word here.
set(layers base shape device graph ops plan model load)
list(TRANSFORM layers REPLACE "(.+)" "src/\\1/*.c" OUTPUT_VARIABLE patterns)
file(GLOB sources CONFIGURE_DEPENDS ${patterns})
set(keras_files "/src/load/(build|constant|ends|file|hdf5.*|json|keras.*|layer_.*|listing|masks|outline|outputs|reference|scope|weights|zip)\\.c$")
if(PLAIT_LOADER)
  list(FILTER sources EXCLUDE REGEX "/src/load/no_keras\\.c$")
else()
  list(FILTER sources EXCLUDE REGEX "${keras_files}")
endif()
if(PLAIT_CACHE)
  list(FILTER sources EXCLUDE REGEX "/src/device/no_cache\\.c$")
else()
  list(FILTER sources EXCLUDE REGEX "/src/device/cache\\.c$")
endif()
file(GLOB kernels CONFIGURE_DEPENDS kernels/*.cl kernels/*.clh)

add_custom_command(
  OUTPUT ${generated}/kernel_sources.c
  COMMAND ${CMAKE_COMMAND} -D FOLDER=${PROJECT_SOURCE_DIR}/kernels -D OUT=${generated}/kernel_sources.c
          -P ${PROJECT_SOURCE_DIR}/cmake/embed_kernels.cmake
  DEPENDS ${kernels} cmake/embed_kernels.cmake
  COMMENT "Embedding kernels"
  VERBATIM)

file(GLOB operators CONFIGURE_DEPENDS src/ops/*.c)
add_custom_command(
  OUTPUT ${generated}/layer_readers.c
  COMMAND ${CMAKE_COMMAND} -D FOLDER=${PROJECT_SOURCE_DIR}/src/ops -D OUT=${generated}/layer_readers.c
          -P ${PROJECT_SOURCE_DIR}/cmake/collect_readers.cmake
  DEPENDS ${operators} cmake/collect_readers.cmake
  COMMENT "Collecting the layers' readers"
  VERBATIM)

add_library(plait_objects OBJECT ${sources} ${generated}/kernel_sources.c ${generated}/layer_readers.c)
target_include_directories(plait_objects PUBLIC include src)
target_link_libraries(plait_objects PUBLIC OpenCL::OpenCL m)
set_target_properties(plait_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
if(PLAIT_CLBLAST)
  target_compile_definitions(plait_objects PRIVATE PLAIT_HAVE_CLBLAST)
  target_link_libraries(plait_objects PUBLIC clblast)
endif()
if(PLAIT_LOADER)
  target_include_directories(plait_objects PUBLIC ${loader_INCLUDE_DIRS})
  target_link_directories(plait_objects PUBLIC ${loader_LIBRARY_DIRS})
  target_link_libraries(plait_objects PUBLIC ${loader_LIBRARIES})
endif()
if(PLAIT_CACHE)
  target_include_directories(plait_objects PUBLIC ${sqlite_INCLUDE_DIRS})
  target_link_directories(plait_objects PUBLIC ${sqlite_LIBRARY_DIRS})
  target_link_libraries(plait_objects PUBLIC ${sqlite_LIBRARIES})
endif()

# One relocatable object whose hidden symbols are local, so that the static library, too, has no global
# names but plait_*.
set(merged ${CMAKE_CURRENT_BINARY_DIR}/plait_merged.o)
add_custom_command(
  OUTPUT ${merged}
  COMMAND ${CMAKE_LINKER} -r -o ${merged} $<TARGET_OBJECTS:plait_objects>
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${merged}
  DEPENDS plait_objects $<TARGET_OBJECTS:plait_objects>
  COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${merged} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)

add_library(plait SHARED $<TARGET_OBJECTS:plait_objects>)
add_library(plait_static STATIC ${merged})
add_library(plait::plait ALIAS plait)
add_library(plait::static ALIAS plait_static)
set_target_properties(plait PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
set_target_properties(plait_static PROPERTIES OUTPUT_NAME plait EXPORT_NAME static LINKER_LANGUAGE C)
foreach(library plait plait_static)
  target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_directories(${library} PRIVATE ${loader_LIBRARY_DIRS} ${sqlite_LIBRARY_DIRS})
  target_link_libraries(${library} PUBLIC OpenCL::OpenCL
    PRIVATE m $<$<BOOL:${PLAIT_CLBLAST}>:clblast> $<$<BOOL:${PLAIT_LOADER}>:${loader_LIBRARIES}>
            $<$<BOOL:${PLAIT_CACHE}>:${sqlite_LIBRARIES}>)
endforeach()

# The command, on the public API alone: the static library shows it nothing else.
file(GLOB command_sources CONFIGURE_DEPENDS src/cli/*.c)
add_executable(plait_command ${command_sources})
target_include_directories(plait_command PRIVATE src)
target_link_libraries(plait_command PRIVATE plait_static)
set_target_properties(plait_command PROPERTIES OUTPUT_NAME plait)
