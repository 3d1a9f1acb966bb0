# Every third-party library, found once. The room that is a library's door links it (docs/architecture.md).

# Releases whose default Boost is older carry a newer one beside it; its package config is found by version.
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Net)
find_package(pugixml REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(TAGLIB REQUIRED IMPORTED_TARGET taglib)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlidec)

if(PODSWARM_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PODSWARM_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
