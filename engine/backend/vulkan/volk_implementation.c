/* Debian ships volk as headers: this file is its one compiled copy. */
#define VOLK_IMPLEMENTATION
#include <volk.h>
