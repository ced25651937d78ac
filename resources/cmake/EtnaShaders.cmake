# etna_add_kernel(target shader.comp VARIANT name [DEFINE=value …] …): each variant becomes a `const Shader` of that
# name in namespace etna::vulkan::shaders. One generated .cpp per shader file; editing one recompiles only that.
# etna_kernel_header(target path): the declarations of all of them.

set(ETNA_GLSLC_FLAGS --target-env=vulkan1.2 -O -Werror -mfmt=c
  -I${CMAKE_SOURCE_DIR}/engine/backend/vulkan/shaders/include -I${CMAKE_SOURCE_DIR})

function(etna_compile_variant name shader output)
  list(TRANSFORM ARGN PREPEND -D OUTPUT_VARIABLE defines)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${GLSLC} ${ETNA_GLSLC_FLAGS} ${defines} -MD -MF ${output}.d -MT ${output} ${shader} -o ${output}
    DEPENDS ${shader}
    DEPFILE ${output}.d
    COMMENT "Compiling kernel ${name}"
    VERBATIM)
endfunction()

function(etna_add_kernel target shader)
  get_filename_component(stem ${shader} NAME_WE)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${shader})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/kernels)
  file(MAKE_DIRECTORY ${folder})
  set(arguments ${ARGN} VARIANT)  # a last one ends the last variant
  set(text "")
  set(name "")
  foreach(argument ${arguments})
    if(NOT argument STREQUAL VARIANT)
      if(name STREQUAL "")
        set(name ${argument})
      else()
        list(APPEND defines ${argument})
      endif()
      continue()
    endif()
    if(NOT name STREQUAL "")
      etna_compile_variant(${name} ${source} ${folder}/${name}.inc ${defines})
      string(APPEND text "static const std::uint32_t ${name}_code[] =\n#include \"${name}.inc\"\n;\n"
        "const Shader ${name}{\"${name}\", ${name}_code};\n")
      set_property(TARGET ${target} APPEND PROPERTY ETNA_KERNELS ${name})
      set_property(SOURCE ${folder}/${stem}.cpp APPEND PROPERTY OBJECT_DEPENDS ${folder}/${name}.inc)
    endif()
    set(name "")
    set(defines "")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/${stem}.cpp @ONLY CONTENT
"#include \"kernels/shaders.h\"

namespace etna::vulkan::shaders {
${text}}
")
  target_sources(${target} PRIVATE ${folder}/${stem}.cpp)
endfunction()

function(etna_kernel_header target)
  get_property(names TARGET ${target} PROPERTY ETNA_KERNELS)
  set(text "")
  foreach(name ${names})
    string(APPEND text "extern const Shader ${name};\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/kernels/shaders.h @ONLY CONTENT
"#pragma once

#include \"engine/backend/vulkan/pipeline.h\"

namespace etna::vulkan::shaders {
${text}}
")
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
