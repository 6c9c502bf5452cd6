/* channel.h - the ordered stages that machines subscribe to */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

#define SL_CHANNEL_CERTIFICATION "certification"
#define SL_CHANNEL_PRODUCTION	 "production"
/* their ids in schema.sql; and as queries have them */
#define SL_CHANNEL_CERTIFICATION_ID  1
#define SL_CHANNEL_PRODUCTION_ID     2
#define SL_CHANNEL_CERTIFICATION_SQL G_STRINGIFY(SL_CHANNEL_CERTIFICATION_ID)
#define SL_CHANNEL_PRODUCTION_SQL    G_STRINGIFY(SL_CHANNEL_PRODUCTION_ID)
#define SL_CHANNEL_COUNT	     2

/** The names of all, the first stage first; ends with NULL. */
extern const char *const sl_channel_names[SL_CHANNEL_COUNT + 1];

typedef struct {
	int64_t id;
	char *name;
	int64_t position;  /* 1 comes before 2 */
	char *fingerprint; /* of its signing key; NULL before it is made */
	int64_t number;	   /* of its newest publication; 0: none yet */
	int64_t updates;   /* in that publication */
} SlChannel;

void sl_channel_free(SlChannel *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlChannel, sl_channel_free)

/** By position; (element-type SlChannel), owned. */
GPtrArray *sl_channel_list(SlDb *db, GError **error);
/** SL_ERROR_INVALID names the channels there are. */
SlChannel *sl_channel_get(SlDb *db, const char *name, GError **error);
bool sl_channel_set_fingerprint(SlDb *db, int64_t id, const char *fingerprint, GError **error);

/* A suite that every channel publishes, also when nothing is approved for it. */
typedef struct {
	char *suite;
	char **components;    /* sorted */
	char **architectures; /* sorted, without "all" */
	char *codename;	      /* as the upstream's Release says, or the suite */
} SlChannelSuite;

void sl_channel_suite_free(SlChannelSuite *suite);

/** The suites of all upstreams with the role 'updates', by name; (element-type SlChannelSuite). */
GPtrArray *sl_channel_suites(SlDb *db, GError **error);

/** The suites that are for a system (os-release ID and VERSION_CODENAME); likewise. */
GPtrArray *sl_channel_suites_for(SlDb *db, const char *os_id, const char *os_codename,
				 GError **error);

/* One name that two channels have in different versions. */
typedef struct {
	char *suite;
	char *name;
	char *version_a; /* NULL: the first does not have it */
	char *version_b;
} SlChannelDifference;

void sl_channel_difference_free(SlChannelDifference *difference);

/** What two channels' approvals would publish differently; (element-type SlChannelDifference). */
GPtrArray *sl_channel_diff(SlDb *db, int64_t a, int64_t b, GError **error);
