/* report_private.h - limits that who writes a message and who reads it share */
#pragma once

#include "catalog/base/limits.h"

#define SL_REPORT_SHORT 200 /* bytes of one fact: "6.1.0-37-amd64" */
#define SL_REPORT_LIST	400 /* bytes of architectures, components */
