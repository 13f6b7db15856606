/* The header is C: this file is compiled as such. */
#include "runtime/octavo_model.h"

size_t octavo_c_header_test(const octavo_api* api) { return api->description->output_count; }
