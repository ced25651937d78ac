# etna_add_kernel(target shader.comp VARIANT name [DEFINE=value …] …): each variant becomes a `const Shader` of that
# name in namespace etna::vulkan::shaders. One generated .cpp per shader file; editing one recompiles only that.
# etna_add_matrix_kernel(target shader.comp VARIANT name [DEFINE=value …] …): each variant of a shader with cooperative
# matrices becomes name_f16 and name_bf16, by the type of the factors; variants named *_emulated are compiled with EMULATED
# and stay one kernel.
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

# Not optimized: the driver does that, and what was rewritten stays what spirv-val knows.
function(etna_compile_matrices name shader output)
  list(TRANSFORM ARGN PREPEND -D OUTPUT_VARIABLE defines)
  set(flags ${ETNA_GLSLC_FLAGS})
  list(REMOVE_ITEM flags -O -mfmt=c)
  set(check "")
  if(SPIRV_VAL)
    set(check COMMAND ${SPIRV_VAL} --target-env vulkan1.2 --scalar-block-layout ${output}.spv)
  endif()
  add_custom_command(
    OUTPUT ${output}_f16.inc ${output}_bf16.inc
    COMMAND ${GLSLC} ${flags} ${defines} -MD -MF ${output}.d -MT ${output}_f16.inc ${shader} -o ${output}.spv
    ${check}
    COMMAND rewrite_matrices float16 ${output}.spv ${output}_f16.inc
    COMMAND rewrite_matrices bfloat16 ${output}.spv ${output}_bf16.inc
    DEPENDS ${shader} rewrite_matrices
    DEPFILE ${output}.d
    COMMENT "Compiling matrix kernel ${name}"
    VERBATIM)
endfunction()

# The generated .cpp of a shader file.
function(etna_kernel_source target shader text)
  get_filename_component(stem ${shader} NAME_WE)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/kernels/${stem}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include \"kernels/shaders.h\"

namespace etna::vulkan::shaders {
${text}}
")
  target_sources(${target} PRIVATE ${source})
endfunction()

function(etna_add_kernel target shader)
  etna_add_variants(${target} ${shader} FALSE ${ARGN})
endfunction()

function(etna_add_matrix_kernel target shader)
  etna_add_variants(${target} ${shader} TRUE ${ARGN})
endfunction()

function(etna_add_variants target shader matrices)
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
      set(kernels ${name})
      if(NOT matrices)
        etna_compile_variant(${name} ${source} ${folder}/${name}.inc ${defines})
      elseif(name MATCHES "_emulated$")
        etna_compile_variant(${name} ${source} ${folder}/${name}.inc ${defines} EMULATED=1)
      else()
        etna_compile_matrices(${name} ${source} ${folder}/${name} ${defines})
        set(kernels ${name}_f16 ${name}_bf16)
      endif()
      foreach(kernel ${kernels})
        string(APPEND text "static const std::uint32_t ${kernel}_code[] =\n#include \"${kernel}.inc\"\n;\n"
          "const Shader ${kernel}{\"${kernel}\", ${kernel}_code};\n")
        set_property(TARGET ${target} APPEND PROPERTY ETNA_KERNELS ${kernel})
        set_property(SOURCE ${folder}/${stem}.cpp APPEND PROPERTY OBJECT_DEPENDS ${folder}/${kernel}.inc)
      endforeach()
    endif()
    set(name "")
    set(defines "")
  endforeach()
  etna_kernel_source(${target} ${shader} "${text}")
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
