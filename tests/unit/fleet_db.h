/* fleet_db.h - what tests of the fleet share: a database with a group, updates and machines */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/checkin.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)
/* ids in the schema */
#define CERTIFICATION 1
#define PRODUCTION    2

typedef struct {
	char *root;
	char *path;
	SlDb *db;    /* writing */
	SlDb *other; /* reading */
} Fleet;

/**
 * A database with the groups "office" (production) and "lab" (certification) and an upstream "up"
 * for debian bookworm.
 */
void fleet_set_up(Fleet *f, gconstpointer data);
void fleet_tear_down(Fleet *f, gconstpointer data);
/** Adds a test that has such a database. */
void fleet_test(const char *path, void (*func)(Fleet *f, gconstpointer data));
void execute(Fleet *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
int64_t number(Fleet *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
/** An update of one package of its name, approved for production in a slot; slot -1: neither. */
void add_update(Fleet *f, int64_t id, const char *name, const char *version,
		const char *architecture, int64_t slot);
/** A later revision of an update, of these packages (taken over), approved in certification. */
void add_revision(Fleet *f, int64_t update_id, GPtrArray *packages);
/** Packages from "NAME VERSION ARCHITECTURE" texts; ends with NULL. */
GPtrArray *packages(const char *first, ...) G_GNUC_NULL_TERMINATED;
/** A secret for "office". */
char *make_token(Fleet *f, int64_t uses, int64_t lives_s, bool hold);
/** A Debian bookworm machine of this name. */
SlReportFacts machine_facts(const char *name);
/** Enrols a machine; its id. */
int64_t enroll(Fleet *f, const char *secret, const char *name);
/** Checks in with what it has; the outcome. results may be NULL and is taken over. */
SlCheckinOutcome check_in(Fleet *f, int64_t computer, int64_t counter, GPtrArray *installed,
			  GPtrArray *results);
/** Stores a check-in, whose inventory digest is filled in, as of a time; the outcome. */
SlCheckinOutcome store_checkin(Fleet *f, SlModel *model, int64_t computer, SlCheckin *checkin,
			       int64_t now_at);
/** Active computers that have a status in a slot, by the summary. */
int64_t counted(Fleet *f, int64_t slot, SlStatus status);
/** Fails unless the summary is what counting all computers gives. */
void assert_summary_is_right(Fleet *f);
