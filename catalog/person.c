#include "catalog/person.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/login_failure.h"
#include "catalog/session.h"

static const char *const roles[] = {"nobody", "viewer", "certifier", "approver", "owner"};

const char *
sl_role_name(SlRole role)
{
	return roles[role];
}

bool
sl_role_find(const char *name, SlRole *ret_role, GError **error)
{
	g_autofree char *shown = sl_text_escape(name);

	for (SlRole role = SL_ROLE_VIEWER; role <= SL_ROLE_OWNER; role++)
		if (strcmp(name, roles[role]) == 0) {
			*ret_role = role;
			return true;
		}
	return sl_error_set(error, SL_ERROR_INVALID,
			    "no role '%s': there are viewer, certifier, approver and owner", shown);
}

void
sl_person_free(SlPerson *person)
{
	if (!person)
		return;
	g_free(person->name);
	g_free(person->password);
	g_free(person);
}

#define COLUMNS                                                                                    \
	"SELECT p.id, p.name, p.role, p.password, p.added_at, p.signed_in_at,"                     \
	" (SELECT count(*) FROM api_token t WHERE t.person_id = p.id AND t.expires_at > ?1)"       \
	" AS api_tokens FROM person p"

static gpointer
read_person(SlQuery *query)
{
	SlPerson *person = g_new0(SlPerson, 1);

	person->id = sl_query_int(query, 0);
	person->name = g_strdup(sl_query_text(query, 1));
	sl_role_find(sl_query_text(query, 2), &person->role, NULL);
	person->password = g_strdup(sl_query_text(query, 3));
	person->added_at = sl_query_int(query, 4);
	person->signed_in_at = sl_query_int(query, 5);
	person->api_tokens = sl_query_int(query, 6);
	return person;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlPersonFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_int(query, 1, filter->now_at);
	sl_query_bind_text(query, 2, pattern);
	sl_query_bind_int(query, 3, filter->role);
}

static const SlListing people = {
	.query = COLUMNS " WHERE (?2 IS NULL OR p.name LIKE ?2 ESCAPE '!')"
			 " AND (?3 = 0 OR " SL_ROLE_RANK("p.role") " = ?3)",
	.sorts = {{"name", "p.name"},
		  {"role", SL_ROLE_RANK("p.role")},
		  {"signed_in_at", "p.signed_in_at"},
		  {"api_tokens", "api_tokens"},
		  {"added_at", "p.added_at"}},
	.order = "p.name",
	.bind = bind_filter,
	.read = read_person,
	.free = (GDestroyNotify)sl_person_free,
};

GPtrArray *
sl_person_list(SlDb *db, const SlPersonFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &people, filter, &filter->page, ret_total, error);
}

SlPerson *
sl_person_get(SlDb *db, const char *name, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, COLUMNS " WHERE p.name = ?2");
	g_autofree char *shown = sl_text_escape(name);
	SlStep step;

	sl_query_bind_int(query, 1, 0);
	sl_query_bind_text(query, 2, name);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return read_person(query);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "there is no person '%s'", shown);
	return NULL;
}

bool
sl_person_exists(SlDb *db, bool *ret_exists, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT EXISTS (SELECT 1 FROM person)");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_exists = sl_query_int(query, 0) != 0;
	return true;
}

static bool
check_name(SlDb *db, const char *name, GError **error)
{
	g_autofree char *shown = sl_text_escape(name);
	g_autoptr(SlPerson) there = NULL;

	if (!sl_text_is_title(name))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "'%s' cannot be a person's name: 1 to %d bytes on one line, "
				    "not beginning with '-'",
				    shown, SL_LIMIT_NAME);
	there = sl_person_get(db, name, NULL);
	return !there ||
	       sl_error_set(error, SL_ERROR_CONFLICT, "person '%s' exists already", shown);
}

bool
sl_person_add(SlDb *db, const SlPersonChange *change, SlRole role, const char *hash, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO person (name, role, password, added_at)"
				 " VALUES (?1, ?2, ?3, ?4)");

	if (!check_name(db, change->name, error))
		return false;
	sl_query_bind_text(query, 1, change->name);
	sl_query_bind_text(query, 2, sl_role_name(role));
	sl_query_bind_text(query, 3, hash);
	sl_query_bind_int(query, 4, change->now_at);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, change->now_at, change->by, "person add", change->name,
			    json_pack("{s:s}", "role", sl_role_name(role)), error);
}

/* Whether there is another owner than this person. */
static bool
check_other_owner(SlDb *db, const SlPerson *person, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT count(*) FROM person WHERE role = 'owner' AND id <> ?1");

	if (person->role != SL_ROLE_OWNER)
		return true;
	sl_query_bind_int(query, 1, person->id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	return sl_query_int(query, 0) > 0 ||
	       sl_error_set(error, SL_ERROR_CONFLICT,
			    "%s is the last owner: make somebody else an owner first",
			    person->name);
}

bool
sl_person_set_role(SlDb *db, const SlPersonChange *change, SlRole role, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "UPDATE person SET role = ?2 WHERE id = ?1");
	g_autoptr(SlPerson) person = sl_person_get(db, change->name, error);

	if (!person)
		return false;
	if (person->role == role)
		return sl_error_set(error, SL_ERROR_CONFLICT, "%s has the role %s already",
				    person->name, sl_role_name(role));
	if (!check_other_owner(db, person, error))
		return false;
	sl_query_bind_int(query, 1, person->id);
	sl_query_bind_text(query, 2, sl_role_name(role));
	return sl_query_run(query, error) && sl_session_end_all(db, person->id, error) &&
	       sl_audit_add(db, change->now_at, change->by, "person role", person->name,
			    json_pack("{s:s, s:s}", "from", sl_role_name(person->role), "to",
				      sl_role_name(role)),
			    error);
}

bool
sl_person_set_password(SlDb *db, const SlPersonChange *change, const char *hash, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE person SET password = ?2 WHERE id = ?1");
	g_autoptr(SlPerson) person = sl_person_get(db, change->name, error);

	if (!person)
		return false;
	sl_query_bind_int(query, 1, person->id);
	sl_query_bind_text(query, 2, hash);
	return sl_query_run(query, error) && sl_session_end_all(db, person->id, error) &&
	       sl_login_failure_forget(db, person->name, error) &&
	       sl_audit_add(db, change->now_at, change->by, "person password", person->name, NULL,
			    error);
}

bool
sl_person_check_unchanged(SlDb *db, const SlPerson *person, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM person WHERE id = ?1 AND password = ?2");
	SlStep step;

	sl_query_bind_int(query, 1, person->id);
	sl_query_bind_text(query, 2, person->password);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_DENIED, "%s has another password since a moment",
			     person->name);
	return step == SL_ROW;
}

bool
sl_person_remove(SlDb *db, const SlPersonChange *change, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM person WHERE id = ?1");
	g_autoptr(SlPerson) person = sl_person_get(db, change->name, error);

	if (!person || !check_other_owner(db, person, error))
		return false;
	sl_query_bind_int(query, 1, person->id);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, change->now_at, change->by, "person remove", person->name,
			    json_pack("{s:s}", "role", sl_role_name(person->role)), error);
}
