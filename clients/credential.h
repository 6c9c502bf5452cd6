/* credential.h - tokens: permission to enrol, given out as text
 *
 * Of a token only the digest is kept. Whatever is wrong with one that a machine shows, the refusal
 * is the same: who guesses learns nothing.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

typedef struct {
	int64_t id;
	char *prefix; /* first characters of the secret, for people */
	char *group;
	bool hold;	    /* who uses it waits for a person */
	int64_t uses_left;  /* -1: any number */
	int64_t expires_at; /* 0: never */
	int64_t made_at;
	char *person;
	int64_t revoked_at; /* 0: not revoked */
	char *state;	    /* "valid", "expired", "used up", "revoked" */
} SlToken;

void sl_token_free(SlToken *token);

/* What a listing of them is narrowed to; NULL: any. */
typedef struct {
	const char *group;
	const char *state; /* a word of SlToken.state */
	const char *text;  /* in who made it, how it begins */
	int64_t now_at;
	SlListingPage page; /* sorted by group, state, uses_left, expires_at, made_at, person; what
			       is without end stands behind what is not */
} SlTokenFilter;

/** Newest first where nothing else is asked for; (element-type SlToken), owned. */
GPtrArray *sl_token_list(SlDb *db, const SlTokenFilter *filter, int64_t *ret_total, GError **error);

typedef struct {
	const char *group;
	int64_t lives_s; /* seconds until it expires; 0: for ever */
	int64_t uses;	 /* 0: any number */
	bool hold;
	const char *person;
	int64_t now_at;
} SlTokenRequest;

/** Makes one within the caller's transaction, with its audit row; the secret, owned, or NULL. */
char *sl_token_make(SlDb *db, const SlTokenRequest *request, GError **error);

/** Revokes by id or by prefix; SL_ERROR_NOT_FOUND, SL_ERROR_CONFLICT where several begin so. */
bool sl_token_revoke(SlDb *db, const char *name, const char *person, int64_t now_at,
		     GError **error);

/** Whether the secret could be used now; SL_ERROR_DENIED. For a look before the writer is asked. */
bool sl_token_check(SlDb *db, const char *secret, int64_t now_at, GError **error);

/**
 * Uses a token up by one, within the caller's transaction.
 *
 * @param error  SL_ERROR_DENIED, the same for all reasons
 */
bool sl_token_take(SlDb *db, const char *secret, int64_t now_at, int64_t *ret_token,
		   int64_t *ret_group, bool *ret_hold, GError **error);
