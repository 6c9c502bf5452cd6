/* dependency.h - Depends fields: alternatives, versions, architectures
 *
 * "a (>= 1) | b, c:any" is a list of groups of alternatives; a group is satisfied by one of
 * its alternatives. Written as Debian policy 7.1 says; architecture and profile restrictions,
 * which binary packages do not have, are refused.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/error.h"

typedef enum {
	SL_RELATION_ANY,
	SL_RELATION_LT,
	SL_RELATION_LE,
	SL_RELATION_EQ,
	SL_RELATION_GE,
	SL_RELATION_GT
} SlRelation;

typedef struct {
	char *name;
	SlRelation relation;
	char *version; /* NULL where relation is SL_RELATION_ANY */
} SlAlternative;

typedef struct {
	char *text;		 /* as written */
	GPtrArray *alternatives; /* (owned, element-type SlAlternative) */
} SlDependency;

void sl_dependency_free(SlDependency *dependency);

/** Reads a Depends or Provides field; (element-type SlDependency), owned. SL_ERROR_INVALID. */
GPtrArray *sl_dependency_parse(const char *field, GError **error);

/** Whether a version is what an alternative asks for. */
bool sl_alternative_accepts(const SlAlternative *alternative, const char *version);

/**
 * Whether a package of this name, version and Provides field (may be NULL) is what an alternative
 * asks for. A versioned alternative takes only versioned provides, as dpkg does.
 */
bool sl_alternative_matches(const SlAlternative *alternative, const char *name, const char *version,
			    const char *provides);
