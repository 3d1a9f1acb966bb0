# What `cmake --install` puts where (GNU coding standards): the program, its man page, completions, systemd units,
# documents and the example configuration.
include(GNUInstallDirs)

set(PODSWARM_UNIT_DIR lib/systemd CACHE STRING "Where systemd looks for units, below the prefix")
set(PODSWARM_BASH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/bash-completion/completions CACHE STRING
  "Where bash looks for completions")
set(PODSWARM_ZSH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
  "Where zsh looks for completions")
set(PODSWARM_FISH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d CACHE STRING
  "Where fish looks for completions")

install(TARGETS podswarm RUNTIME)
install(FILES docs/podswarm.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/completions/podswarm.bash DESTINATION ${PODSWARM_BASH_COMPLETION_DIR} RENAME podswarm)
install(FILES packaging/completions/_podswarm DESTINATION ${PODSWARM_ZSH_COMPLETION_DIR})
install(FILES packaging/completions/podswarm.fish DESTINATION ${PODSWARM_FISH_COMPLETION_DIR})
install(FILES README.md CHANGELOG.md LICENSE config.example.toml docs/api.md docs/architecture.md docs/hooks.md docs/parse.md
  docs/rules.md docs/serving.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The units name the program by its whole path, which only the installation knows (--prefix).
install(CODE "
  set(bin_dir \"${CMAKE_INSTALL_BINDIR}\")
  if(NOT IS_ABSOLUTE \"\${bin_dir}\")
    get_filename_component(bin_dir \"\${CMAKE_INSTALL_PREFIX}/\${bin_dir}\" ABSOLUTE)
  endif()
  foreach(unit podswarm podswarm-user)
    file(READ \"${PROJECT_SOURCE_DIR}/packaging/\${unit}.service\" text)
    string(REPLACE \"ExecStart=/usr/bin/\" \"ExecStart=\${bin_dir}/\" text \"\${text}\")
    file(WRITE \"${PROJECT_BINARY_DIR}/units/\${unit}.service\" \"\${text}\")
  endforeach()")
install(FILES ${PROJECT_BINARY_DIR}/units/podswarm.service DESTINATION ${PODSWARM_UNIT_DIR}/system)
install(FILES ${PROJECT_BINARY_DIR}/units/podswarm-user.service DESTINATION ${PODSWARM_UNIT_DIR}/user
  RENAME podswarm.service)
