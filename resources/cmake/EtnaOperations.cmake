# etna_operations(family …): the family's name finds its files in ops/, backend/cpu/ and backend/vulkan/ (a missing
# file means "no kernel here"); one generated register_all.cpp per backend calls every add_<family>.
# A file that appears later needs a new configure run: `cmake --preset release`.

function(etna_operations)
  set(operations "")
  foreach(family ${ARGN})
    list(APPEND operations ${family}.cpp)
  endforeach()
  set(ETNA_OPERATION_SOURCES ${operations} PARENT_SCOPE)

  foreach(backend cpu vulkan)
    set(folder ${CMAKE_SOURCE_DIR}/engine/backend/${backend})
    set(sources "")
    set(declarations "")
    set(calls "")
    foreach(family ${ARGN})
      if(EXISTS ${folder}/${family}.cpp)
        list(APPEND sources ${family}.cpp)
        string(APPEND declarations "void add_${family}(KernelTable& table);\n")
        string(APPEND calls "  add_${family}(table);\n")
      endif()
    endforeach()
    set(generated ${CMAKE_BINARY_DIR}/generated/${backend}_register_all.cpp)
    file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"#include \"engine/backend/${backend}/kernel_table.h\"

namespace etna::${backend} {
${declarations}
void register_all(KernelTable& table) {
${calls}}
}
")
    string(TOUPPER ${backend} upper)
    set(ETNA_${upper}_KERNEL_SOURCES ${sources} ${generated} PARENT_SCOPE)
  endforeach()
endfunction()
