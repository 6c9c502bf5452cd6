/* person.h - who may sign in at the admin page, and what each may do
 *
 * There is always an owner once there was one: the last can neither be removed nor given a lesser
 * role. Changes go with their audit rows in the caller's transaction.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

/* Each may do what those before may. */
typedef enum {
	SL_ROLE_NONE,
	SL_ROLE_VIEWER,	   /* looks */
	SL_ROLE_CERTIFIER, /* approves for certification */
	SL_ROLE_APPROVER,  /* approves for production */
	SL_ROLE_OWNER,	   /* people, upstreams, settings */
} SlRole;

/* A role in SQL as a number that grows with what it may do; NULL where there is none. */
#define SL_ROLE_RANK(column)                                                                       \
	"CASE " column " WHEN 'viewer' THEN 1 WHEN 'certifier' THEN 2 WHEN 'approver' THEN 3"      \
	" WHEN 'owner' THEN 4 END"

/** "viewer" and so on; static. */
const char *sl_role_name(SlRole role);
/** SL_ERROR_INVALID names the roles there are. */
bool sl_role_find(const char *name, SlRole *ret_role, GError **error);

typedef struct {
	int64_t id;
	char *name;
	SlRole role;
	char *password; /* its hash, as sl_password_hash makes it */
	int64_t added_at;
	int64_t signed_in_at; /* 0: never */
	int64_t api_tokens;   /* that have not expired */
} SlPerson;

void sl_person_free(SlPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPerson, sl_person_free)

/* What a listing of people is narrowed to. */
typedef struct {
	const char *text; /* in the name; NULL: any */
	SlRole role;	  /* SL_ROLE_NONE: any */
	int64_t now_at;
	SlListingPage page; /* sorted by name, role, signed_in_at, api_tokens, added_at */
} SlPersonFilter;

/** By name where nothing else is asked for; (element-type SlPerson), owned. */
GPtrArray *sl_person_list(SlDb *db, const SlPersonFilter *filter, int64_t *ret_total,
			  GError **error);
/** SL_ERROR_NOT_FOUND */
SlPerson *sl_person_get(SlDb *db, const char *name, GError **error);
/** Whether anybody can sign in yet. */
bool sl_person_exists(SlDb *db, bool *ret_exists, GError **error);

/** What was changed, by whom, when. */
typedef struct {
	const char *name; /* of the person it is done to */
	const char *by;
	int64_t now_at;
} SlPersonChange;

/**
 * @param hash   of the password
 * @param error  SL_ERROR_INVALID for a name that is none, SL_ERROR_CONFLICT for one that is taken
 */
bool sl_person_add(SlDb *db, const SlPersonChange *change, SlRole role, const char *hash,
		   GError **error);
/** Gives another role; ends the person's sessions. SL_ERROR_CONFLICT for the last owner. */
bool sl_person_set_role(SlDb *db, const SlPersonChange *change, SlRole role, GError **error);
/** Ends the person's sessions, and forgets failed sign-ins. */
bool sl_person_set_password(SlDb *db, const SlPersonChange *change, const char *hash,
			    GError **error);
/**
 * A password takes a while to look at: whether it is still the person's, for who acts on it then.
 * SL_ERROR_DENIED where it was changed since, or the person removed.
 */
bool sl_person_check_unchanged(SlDb *db, const SlPerson *person, GError **error);
/** With sessions and API tokens. SL_ERROR_CONFLICT for the last owner. */
bool sl_person_remove(SlDb *db, const SlPersonChange *change, GError **error);
