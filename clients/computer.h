/* computer.h - the machines that check in
 *
 * Changes run within the caller's transaction, keep the table coverage right by a delta of their
 * own, and add their audit row.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/seal.h"
#include "clients/coverage.h"
#include "clients/coverage_delta.h"
#include "clients/model.h"

typedef struct {
	int64_t id;
	char *name;
	char *group;
	char *channel;
	char *state;	     /* "active", "pending", "left" */
	bool silent;	     /* nobody has heard of it for too long */
	int64_t enrolled_at; /* seconds since 1970, like all times here; 0: never */
	int64_t seen_at;
	int64_t conflict_at; /* when a counter that was not higher last came */
	int64_t counter;
	char *address;
	char *os_id;
	char *os_codename;
	char *os_version;
	char *architectures;
	char *kernel;
	char *agent;
	char *problem; /* why it cannot read its channel; "" when it can */
	bool reboot;
	int64_t packages;	/* installed ones; 0: not known yet */
	SlStatus standing;	/* what they come to; silent before anything else */
	int64_t n[SL_STATUSES]; /* of its channel's updates */
	int64_t overdue;	/* of those that are not covered */
	SlStatus status;	/* for the update asked for */
	char *message;		/* what it said of it; NULL: nothing */
} SlComputer;

void sl_computer_free(SlComputer *computer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlComputer, sl_computer_free)

/** The id that a name or an id means, or 0 (SL_ERROR_NOT_FOUND, SL_ERROR_CONFLICT). */
int64_t sl_computer_find(SlDb *db, const char *text, GError **error);

/** One whole, with its counts. */
SlComputer *sl_computer_get(SlDb *db, int64_t id, int64_t now_at, GError **error);

/* Reads many, one after the other, as of one moment. */
typedef struct SlComputerReader SlComputerReader;

SlComputerReader *sl_computer_reader_new(SlDb *db, int64_t now_at, GError **error);
void sl_computer_reader_free(SlComputerReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlComputerReader, sl_computer_reader_free)
SlComputer *sl_computer_reader_get(SlComputerReader *reader, int64_t id, GError **error);

/* What a computer has to do with an update of its channel. */
typedef struct {
	char *update; /* "UPSTREAM/NAME=VERSION" */
	SlStatus status;
	char *rating;	     /* NULL: not rated */
	int64_t deadline_at; /* 0: none */
	int64_t reported_at; /* 0: it said nothing of it */
	char *message;	     /* the package manager's own words; "" */
} SlComputerUpdate;

void sl_computer_update_free(SlComputerUpdate *update);
/** Those that apply or may; (element-type SlComputerUpdate), owned. */
GPtrArray *sl_computer_updates(SlDb *db, int64_t id, GError **error);

/** Counts active computers by their status for an update, also for one without a slot. */
bool sl_computer_count_statuses(SlDb *db, int64_t update_id, int64_t *ret_n, GError **error);

/** Lets a pending computer in; also says that a conflict is known. */
bool sl_computer_accept(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error);
/**
 * Puts computers into a group: all of them or, on failure, none.
 *
 * @param model  the one that holds now: another channel may have another revision of an update
 * @param ids    (element-type int64_t)
 */
bool sl_computer_move(SlDb *db, SlModel *model, const GArray *ids, const char *group,
		      const char *person, int64_t now_at, GError **error);
/** Forgets one: what it sends afterwards is refused until it enrols again. */
bool sl_computer_remove(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error);

/**
 * When the one was last heard of that a sweep will find first, of those that are or may become
 * active and are not silent; INT64_MAX where there is none. Reads all computers.
 */
bool sl_computer_heard_first(SlDb *db, int64_t *ret_at, GError **error);
/** Says of computers not heard of since silent_at that they are silent; their counts move. */
bool sl_computer_sweep(SlDb *db, int64_t silent_at, int64_t *ret_silent, GError **error);

/**
 * Derives the statuses of up to `most` computers with an id above *id anew; *id moves on.
 *
 * @param ret_more  false when there were no more
 */
bool sl_computer_derive(SlDb *db, SlModel *model, int64_t *id, int most, bool *ret_more,
			GError **error);

/**
 * Lays what a computer reported over what follows from its inventory.
 *
 * @param states  packed; changed
 * @param tidy    removes reports that what is installed has overtaken
 */
bool sl_computer_overlay(SlDb *db, int64_t id, GByteArray *states, bool reboot, bool tidy,
			 GError **error);
