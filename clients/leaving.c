#include "clients/leaving.h"

#include <stdint.h>
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/setting.h"
#include "clients/group.h"

static bool
refuse(const char *what, GError **error)
{
	g_autofree char *shown = sl_text_escape(what);

	return sl_error_set(error, SL_ERROR_DENIED,
			    "%s is in production, which takes two people: only an owner has it "
			    "follow certification, where one is enough",
			    shown);
}

/* Asks for one row of a name; *ret_name is NULL where there is none. False on failure only. */
static bool
find_name(SlDb *db, const char *sql, int64_t id, char **ret_name, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, SL_CHANNEL_PRODUCTION_ID);
	step = sl_query_step(query, error);
	*ret_name = step == SL_ROW ? g_strdup(sl_query_text(query, 0)) : NULL;
	return step != SL_FAILED;
}

/* A group's name where it is in production. */
static bool
find_group(SlDb *db, const char *group, char **ret_name, GError **error)
{
	static const char sql[] =
		"SELECT name FROM computer_group WHERE id = ?1 AND channel_id = ?2";
	int64_t id = sl_group_find(db, group, error);

	return id && find_name(db, sql, id, ret_name, error);
}

bool
sl_leaving_check_move(SlDb *db, const GArray *ids, const char *group, GError **error)
{
	static const char sql[] = "SELECT c.name FROM computer c JOIN computer_group g"
				  " ON g.id = c.group_id WHERE c.id = ?1 AND g.channel_id = ?2";
	g_autofree char *production = NULL;
	bool two_people;

	if (!sl_setting_two_people(db, &two_people, error) ||
	    !find_group(db, group, &production, error))
		return false;
	for (guint i = 0; two_people && !production && i < ids->len; i++) {
		g_autofree char *name = NULL;

		if (!find_name(db, sql, g_array_index(ids, int64_t, i), &name, error))
			return false;
		if (name)
			return refuse(name, error);
	}
	return true;
}

bool
sl_leaving_check_change(SlDb *db, const char *group, const char *channel, GError **error)
{
	g_autofree char *production = NULL;
	bool two_people;

	if (!sl_setting_two_people(db, &two_people, error) ||
	    !find_group(db, group, &production, error))
		return false;
	return !two_people || !production || strcmp(channel, SL_CHANNEL_PRODUCTION) == 0 ||
	       refuse(production, error);
}
