# SPDX-License-Identifier: MIT
# Writes the kernels as byte arrays of C, the table that src/device/kernel_sources.h declares:
#   cmake -D FOLDER=kernels -D OUT=kernel_sources.c -P embed_kernels.cmake
# `#include "x.clh"` is replaced by that file, so that each text is complete; #line keeps the driver's
# messages true to the files. builtins.clh and chain.clh are texts of
# their own. Text is never a list here, as it may hold semicolons and brackets.

cmake_minimum_required(VERSION 3.18)

function(fail message)
  file(REMOVE ${OUT})
  message(FATAL_ERROR ${message})
endfunction()

# Sets `out` to the text of a file with its includes in place, to any depth.
function(read_resolved file depth out)
  if(NOT EXISTS ${FOLDER}/${file} OR depth GREATER 8)
    fail("kernels: \"${file}\" is included, but is missing or includes itself")
  endif()
  file(READ ${FOLDER}/${file} rest)
  set(text "#line 1 \"${file}\"\n")
  set(line 1)
  math(EXPR deeper "${depth} + 1")
  while("\n${rest}" MATCHES "\n(#include \"([^\"\n]+)\"[^\n]*\n)")
    set(directive "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    string(FIND "\n${rest}" "\n${directive}" begin)
    string(LENGTH "${directive}" length)
    math(EXPR end "${begin} + ${length}")
    string(SUBSTRING "${rest}" 0 ${begin} head)
    string(SUBSTRING "${rest}" ${end} -1 rest)
    string(REGEX REPLACE "[^\n]" "" newlines "${head}")
    string(LENGTH "${newlines}" count)
    math(EXPR line "${line} + ${count} + 1")
    read_resolved("${name}" ${deeper} included)
    string(APPEND text "${head}" "${included}\n#line ${line} \"${file}\"\n")
  endwhile()
  set(${out} "${text}${rest}" PARENT_SCOPE)
endfunction()

# Sets `bytes` to an array's elements, and `entry` to what describes them, for a file that becomes text_<name>.
function(embed file name)
  read_resolved(${file} 0 text)
  if(text MATCHES "[^\t\n -~]")
    fail("kernels: ${file} or what it includes has a character that is not ASCII")
  endif()
  string(HEX "${text}" bytes)
  string(REGEX REPLACE "(................................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  set(arrays "${arrays}static const char text_${name}[] = {\n${bytes}0};\n" PARENT_SCOPE)
  set(entry "{\"${name}\", text_${name}, sizeof text_${name} - 1}" PARENT_SCOPE)
endfunction()

file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*.cl)
list(SORT files)
list(LENGTH files count)
set(arrays "")
set(table "")
foreach(file IN LISTS files)
  string(REGEX REPLACE "\\.cl$" "" name ${file})
  embed(${file} ${name})
  string(APPEND table "    ${entry},\n")
endforeach()
set(parts "")
foreach(name builtins chain)
  embed(${name}.clh ${name})
  string(APPEND parts "const struct kernel_source kernel_${name} = ${entry};\n")
endforeach()

file(WRITE ${OUT} "/* Made by cmake/embed_kernels.cmake from kernels/. */\n"
  "#include \"device/kernel_sources.h\"\n\n${arrays}\n${parts}\n"
  "const struct kernel_source kernel_sources[] = {\n${table}    {0},\n};\n"
  "const size_t kernel_source_count = ${count};\n")
