# SPDX-License-Identifier: MIT
# Writes the table of src/graph/source.h from what the operators' files define:
#   cmake -D FOLDER=src/ops -D OUT=layer_readers.c -P collect_readers.cmake
# A file with a line `const struct layer_reader <file>_readers[] = ...` is in it, so that a new operator needs
# no list kept by hand.

cmake_minimum_required(VERSION 3.18)

file(GLOB files ${FOLDER}/*.c)
list(SORT files)
set(declarations "")
set(table "")
set(count 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(STRINGS ${file} found REGEX "^const struct layer_reader ${name}_readers\\[\\]")
  if(found)
    string(APPEND declarations "extern const struct layer_reader ${name}_readers[];\n")
    string(APPEND table "    ${name}_readers,\n")
    math(EXPR count "${count} + 1")
  endif()
endforeach()

file(WRITE ${OUT} "/* Made by cmake/collect_readers.cmake from src/ops/. */\n"
  "#include \"graph/source.h\"\n\n${declarations}\n"
  "const struct layer_reader *const layer_readers[] = {\n${table}};\n"
  "const size_t layer_reader_count = ${count};\n")
