/* computer_list.h - computers, narrowed and sorted, page by page
 *
 * A page costs one reading of all computers in the order they lie in, and a walk through their
 * names: some tens of milliseconds for 100,000, whatever is asked.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/computer.h"

/* What a listing is narrowed to; NULL and 0 mean anything. */
typedef struct {
	const char *group;
	const char *channel;
	const char *state;    /* "active", "pending", "left"; "silent" and "conflict" as well */
	const char *coverage; /* "covered", "missing", "failed", ...: what active ones come to */
	const char *os;	      /* of its system's ID, codename or "ID:CODENAME" */
	const char *text;     /* in its name, address or system */
	const char *overdue;  /* a rating, or "any" */
	bool lacking;	      /* any update at all */
	const char *update;   /* active ones by their status for this update ... */
	const char
		*status;  /* ... that status alone; "missing": who lacks it by what it last said */
	const char *sort; /* a word of sl_computer_sorts; '-' in front: descending */
	int64_t limit;	  /* 0: all */
	int64_t offset;
	int64_t now_at; /* for what is overdue */
} SlComputerFilter;

/** What listings can be sorted by, each also with '-' in front; ties are sorted by name. */
extern const char *const sl_computer_sorts[];

/**
 * (element-type SlComputer), owned.
 *
 * @param ret_total  how many match in all; may be NULL
 * @param error      SL_ERROR_INVALID and SL_ERROR_NOT_FOUND name what no computer can be asked for
 */
GPtrArray *sl_computer_list(SlDb *db, const SlComputerFilter *filter, int64_t *ret_total,
			    GError **error);
