# The settings that every target of the project shares, and the three shapes of target there are.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(podswarm_settings INTERFACE)
target_include_directories(podswarm_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(podswarm_settings INTERFACE -Wall -Wextra -Wconversion -Wshadow)
# GCC 12 sees overlaps and uninitialised members in its own inlined std::string where there are none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(podswarm_settings INTERFACE $<$<CONFIG:Release>:-Wno-restrict -Wno-maybe-uninitialized>)
endif()
target_compile_definitions(podswarm_settings INTERFACE
  PODSWARM_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  SPDLOG_FMT_EXTERNAL)
if(PODSWARM_SANITIZE)
  target_compile_options(podswarm_settings INTERFACE -fsanitize=${PODSWARM_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(podswarm_settings INTERFACE -fsanitize=${PODSWARM_SANITIZE})
endif()

# podswarm_library(NAME SOURCES a.cc b.cc LINK lib...): the library of one folder.
function(podswarm_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(podswarm_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(podswarm_${name} PUBLIC podswarm_settings ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# podswarm_test(NAME SOURCES a_test.cc LINK lib... [LABELS unit|integration|interop] [TIMEOUT seconds]):
# one GoogleTest program; every TEST in it is a ctest test.
function(podswarm_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE podswarm_settings ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE PODSWARM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} TEST_PREFIX ${name}/ DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
if(PODSWARM_BUILD_TESTS)
  include(GoogleTest)
endif()

# podswarm_fuzzer(NAME SOURCES a_fuzz.cc LINK lib...): one libFuzzer target; with the tests, the same target run over the
# inputs in fuzz/corpus/NAME.
function(podswarm_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  if(PODSWARM_BUILD_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE podswarm_settings ${ARG_LINK} -fsanitize=fuzzer)
  else()
    add_executable(${name} ${ARG_SOURCES} replay_main.cc)
    target_link_libraries(${name} PRIVATE podswarm_settings ${ARG_LINK} podswarm_base)
    add_test(NAME fuzz/${name} COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz/${name} PROPERTIES LABELS unit TIMEOUT 60)
  endif()
endfunction()
