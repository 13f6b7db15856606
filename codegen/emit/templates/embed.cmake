# cmake -DTEMPLATE=model.cpp.in -DRESULT=model.cpp.inc -P embed.cmake      a text file as a C++ string literal
file(READ "${TEMPLATE}" text)
file(WRITE "${RESULT}" "R\"template(${text})template\"\n")
