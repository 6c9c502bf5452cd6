/* api_token.h - what scripts sign in with: personal, with a role and an expiry
 *
 * Only the digest is kept. A token never does more than the person who made it may do now, and goes
 * with that person. One made on the server's own console belongs to nobody who could be removed.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/person.h"

typedef struct {
	int64_t id;
	char *prefix; /* first characters of the secret, for people */
	char *name;   /* what it is for */
	char *person;
	SlRole role; /* that it has now */
	int64_t made_at;
	int64_t expires_at;
	char *state; /* "valid", "expired" */
} SlApiToken;

void sl_api_token_free(SlApiToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlApiToken, sl_api_token_free)

typedef struct {
	const char *name;
	SlRole role;
	int64_t lives_s;
	const char *person;
	bool console; /* the person is a user of the server's own console */
	int64_t now_at;
} SlApiTokenRequest;

/* What a listing of them is narrowed to; NULL: any. */
typedef struct {
	const char *person; /* whose */
	const char *text;   /* in what it is for, whose it is, how it begins */
	const char *state;  /* "valid", "expired" */
	SlRole role;	    /* SL_ROLE_NONE: any */
	int64_t now_at;
	SlListingPage page; /* sorted by name, person, role, state, made_at, expires_at */
} SlApiTokenFilter;

/** Newest first where nothing else is asked for; (element-type SlApiToken), owned. */
GPtrArray *sl_api_token_list(SlDb *db, const SlApiTokenFilter *filter, int64_t *ret_total,
			     GError **error);
/** Makes one, with its audit row; the secret, owned. */
char *sl_api_token_make(SlDb *db, const SlApiTokenRequest *request, GError **error);
/** The token of a secret; SL_ERROR_DENIED, the same whatever is wrong with it. */
SlApiToken *sl_api_token_find(SlDb *db, const char *secret, int64_t now_at, GError **error);
/** @param owner  whose it has to be; NULL: anybody's */
bool sl_api_token_remove(SlDb *db, int64_t id, const char *owner, const char *by, int64_t now_at,
			 GError **error);
