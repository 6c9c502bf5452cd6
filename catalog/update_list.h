/* update_list.h - updates found by what is known of them, a page at a time */
#pragma once

#include "catalog/update.h"

/* What a listing is narrowed to; NULL and 0 mean anything. */
typedef struct {
	const char *upstream;
	const char *state;   /* a word of SlUpdate.state */
	const char *channel; /* approved there */
	const char *rating;  /* critical, high, medium, low, none */
	const char *section;
	const char *text; /* in its name, version, summary or in a package's name */
	const char *cve;
	const char *name;
	const char *package; /* that one of its revisions has */
	bool newest;	     /* only the newest versions */
	bool undecided;	     /* only newest ones that nobody approved, recalled or declined */
	int64_t from_at;     /* released then or later */
	int64_t until_at;    /* released before then; 0: any time */
	GHashTable *among;   /* only those whose ids (int64_t) are in this set */
	/*
	 * A word of sl_update_sorts, with '-' in front for the other way round; what is equal is
	 * sorted by name. NULL: where there is a text, first those named so, then those whose name
	 * begins so or has it in it, then the others; newest releases first.
	 */
	const char *sort;
	/* id -> how many need it, both int64_t, in one or the other: what "needed" and "urgency"
	 * sort by. Those that are in neither stand behind. */
	GHashTable *needed[2];
	int64_t limit; /* 0: all */
	int64_t offset;
} SlUpdateFilter;

/**
 * Words that lists can be sorted by: name, released_at, size, rating, state, needed, urgency (what
 * most computers need, then the most urgent rating, then the newest); NULL ends.
 */
extern const char *const sl_update_sorts[];
/** Words of SlUpdate.state; ends with NULL. */
extern const char *const sl_update_states[];

/** How many updates are in each of sl_update_states, in that order; owned. */
int64_t *sl_update_count_states(SlDb *db, GError **error);

/**
 * One page of a listing; (element-type SlUpdate), owned.
 *
 * @param ret_total  how many match in all; may be NULL
 * @param error      SL_ERROR_INVALID names a sort that there is not
 */
GPtrArray *sl_update_list(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_total,
			  GError **error);

/** How many match, whatever order and page; each of among is looked up. */
bool sl_update_count(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_n, GError **error);
