# What other people's projects find as the package tcpspec: tcpspec::tcpspec, one archive of all that plays a
# case and needs nothing but fmt; tcpspec::gtest, which adds the source of register_cases(); headers that
# neither name a file nor define a macro outside tcpspec's own names; the cases.
include(CMakePackageConfigHelpers)

# What only the command line needs, and with it protobuf, pcap, pugixml and libmnl, stays out.
set(package_objects)
foreach(module stack_base stack_wire stack_tcp stack_net harness_packet harness_scenario harness_sim
        harness_monitor harness_run harness_library)
  list(APPEND package_objects $<TARGET_OBJECTS:${module}>)
endforeach()
set(command_line_only outcome_codec output_file probe report_json report_junit report_pcap schedule_here scheduler worker)
list(TRANSFORM command_line_only APPEND .cc)
set(of_target errno_names.cc target.cc)
# Objects of their own in a unity build too, so that they can be told apart.
foreach(file IN LISTS command_line_only)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/harness/run/${file} TARGET_DIRECTORY harness_run
    PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
foreach(file IN LISTS of_target)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/harness/target/${file} TARGET_DIRECTORY harness_target
    PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
list(JOIN command_line_only "|" command_line_only)
list(JOIN of_target "|" of_target)
add_library(tcpspec_library STATIC
  "$<FILTER:${package_objects},EXCLUDE,harness_run[.]dir/([.]/)?(${command_line_only})[.]o>"
  "$<FILTER:$<TARGET_OBJECTS:harness_target>,INCLUDE,harness_target[.]dir/([.]/)?(${of_target})[.]o>")
set_target_properties(tcpspec_library PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME tcpspec EXPORT_NAME tcpspec)
target_link_libraries(tcpspec_library PRIVATE fmt::fmt)
target_compile_features(tcpspec_library INTERFACE cxx_std_20)
target_include_directories(tcpspec_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
if(TCPSPEC_SANITIZE)
  target_link_options(tcpspec_library INTERFACE -fsanitize=address,undefined)
endif()

add_library(tcpspec_gtest INTERFACE)
set_target_properties(tcpspec_gtest PROPERTIES EXPORT_NAME gtest)
target_link_libraries(tcpspec_gtest INTERFACE tcpspec_library GTest::gtest)
target_sources(tcpspec_gtest INTERFACE
  $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_DATADIR}/tcpspec/gtest_cases.cc>)

# A source file as the package has it: included as "tcpspec/…", with guards and macros that say so.
set(staged ${PROJECT_BINARY_DIR}/package)
function(tcpspec_stage source destination)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
  file(READ ${PROJECT_SOURCE_DIR}/${source} text)
  string(REPLACE "#include \"harness/library/" "#include \"tcpspec/" text "${text}")
  string(REGEX REPLACE "#include \"(harness|stack)/" "#include \"tcpspec/\\1/" text "${text}")
  string(REGEX REPLACE "(HARNESS|STACK)_([A-Z_]+_H_)" "TCPSPEC_\\1_\\2" text "${text}")
  string(REGEX REPLACE "CHECK\\(" "TCPSPEC_CHECK(" text "${text}")
  file(CONFIGURE OUTPUT ${staged}/${destination} CONTENT "${text}" @ONLY)
endfunction()
foreach(header harness/target/target.h harness/target/profile.h stack/base/address.h stack/base/bytes.h
        stack/base/check.h stack/base/result.h stack/base/time.h)
  tcpspec_stage(${header} include/tcpspec/${header})
endforeach()
tcpspec_stage(harness/library/tcpspec.h include/tcpspec/tcpspec.h)
tcpspec_stage(harness/library/gtest_cases.cc gtest_cases.cc)

set(package_cases ${CMAKE_INSTALL_DATADIR}/tcpspec/cases)  # installed with the command line
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tcpspec)
string(REGEX MATCH "^[0-9]+" package_fmt "${fmt_VERSION}")
configure_package_config_file(tcpspecConfig.cmake.in ${staged}/tcpspecConfig.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS package_cases)
write_basic_package_version_file(${staged}/tcpspecConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS tcpspec_library tcpspec_gtest EXPORT tcpspec ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT tcpspec NAMESPACE tcpspec:: FILE tcpspecTargets.cmake DESTINATION ${package_folder})
install(FILES ${staged}/tcpspecConfig.cmake ${staged}/tcpspecConfigVersion.cmake DESTINATION ${package_folder})
install(DIRECTORY ${staged}/include/tcpspec DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${staged}/gtest_cases.cc DESTINATION ${CMAKE_INSTALL_DATADIR}/tcpspec)
install(DIRECTORY example DESTINATION ${CMAKE_INSTALL_DOCDIR})
