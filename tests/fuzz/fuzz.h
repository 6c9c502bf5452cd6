/* fuzz.h - a fuzz target is one function, named as libFuzzer calls it */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Feeds one input to what is tested; aborts when a promise is broken. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
