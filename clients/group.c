#include "clients/group.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"

void
sl_group_free(SlGroup *group)
{
	if (!group)
		return;
	g_free(group->name);
	g_free(group->channel);
	g_free(group);
}

static gpointer
read_group(SlQuery *query)
{
	SlGroup *group = g_new0(SlGroup, 1);

	group->id = sl_query_int(query, 0);
	group->name = g_strdup(sl_query_text(query, 1));
	group->channel = g_strdup(sl_query_text(query, 2));
	group->added_at = sl_query_int(query, 3);
	group->computers = sl_query_int(query, 4);
	group->covered = sl_query_int(query, 5);
	group->missing = sl_query_int(query, 6);
	group->failed = sl_query_int(query, 7);
	group->silent = sl_query_int(query, 8);
	group->pending = sl_query_int(query, 9);
	group->tokens = sl_query_int(query, 10);
	return group;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlGroupFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_text(query, 1, filter->name);
	sl_query_bind_text(query, 2, pattern);
	sl_query_bind_text(query, 3, filter->channel);
}

static const SlListing groups = {
	.query = "SELECT g.id, g.name, c.name, g.added_at, coalesce(sum(v.n), 0) AS computers,"
		 " coalesce(sum(v.n) FILTER (WHERE v.status = 4), 0) AS covered,"
		 " coalesce(sum(v.n) FILTER (WHERE v.status = 2), 0) AS missing,"
		 " coalesce(sum(v.n) FILTER (WHERE v.status = 6), 0) AS failed,"
		 " coalesce(sum(v.n) FILTER (WHERE v.status = 7), 0) AS silent,"
		 " (SELECT count(*) FROM computer p WHERE p.group_id = g.id"
		 "  AND p.state = 'pending') AS pending,"
		 " (SELECT count(*) FROM token t WHERE t.group_id = g.id AND t.revoked_at IS NULL)"
		 "  AS tokens"
		 " FROM computer_group g JOIN channel c ON c.id = g.channel_id"
		 " LEFT JOIN coverage v ON v.slot = -1 AND v.group_id = g.id"
		 " WHERE (?1 IS NULL OR g.name = ?1) AND (?2 IS NULL OR g.name LIKE ?2 ESCAPE '!')"
		 " AND (?3 IS NULL OR c.name = ?3) GROUP BY g.id",
	.sorts = {{"name", "g.name"},
		  {"channel", "c.name"},
		  {"computers", "computers"},
		  {"covered", "covered"},
		  {"missing", "missing"},
		  {"failed", "failed"},
		  {"silent", "silent"},
		  {"pending", "pending"},
		  {"tokens", "tokens"},
		  {"added_at", "g.added_at"}},
	.order = "g.name",
	.bind = bind_filter,
	.read = read_group,
	.free = (GDestroyNotify)sl_group_free,
};

GPtrArray *
sl_group_list(SlDb *db, const SlGroupFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &groups, filter, &filter->page, ret_total, error);
}

static void
set_not_found(SlDb *db, const char *name, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT coalesce(group_concat(name, ', '), '') FROM"
				 " (SELECT name FROM computer_group ORDER BY name LIMIT 20)");
	g_autofree char *shown = sl_text_escape(name);

	if (sl_query_step(query, error) != SL_ROW)
		return;
	if (sl_query_text(query, 0)[0] == '\0')
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no group '%s'; there is none yet", shown);
	else
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no group '%s'; there is: %s", shown,
			     sl_query_text(query, 0));
}

int64_t
sl_group_find(SlDb *db, const char *name, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT id FROM computer_group WHERE name = ?1");
	SlStep step;

	sl_query_bind_text(query, 1, name);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return sl_query_int(query, 0);
	if (step == SL_DONE)
		set_not_found(db, name, error);
	return 0;
}

static bool
check_name(const char *name, GError **error)
{
	g_autofree char *shown = NULL;

	if (sl_text_is_title(name))
		return true;
	shown = sl_text_escape(name);
	return sl_error_set(error, SL_ERROR_INVALID,
			    "'%s' cannot be a group's name: 1 to %d bytes on one line, not "
			    "beginning with '-'",
			    shown, SL_LIMIT_NAME);
}

static bool
exists(SlDb *db, const char *name)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT 1 FROM computer_group WHERE name = ?1");

	sl_query_bind_text(query, 1, name);
	return sl_query_step(query, NULL) == SL_ROW;
}

bool
sl_group_add(SlDb *db, const char *name, const char *channel, const char *person, int64_t now_at,
	     GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO computer_group (name, channel_id, added_at)"
				 " VALUES (?1, ?2, ?3)");
	g_autoptr(SlChannel) found = NULL;

	if (!check_name(name, error) || !(found = sl_channel_get(db, channel, error)))
		return false;
	if (exists(db, name))
		return sl_error_set(error, SL_ERROR_CONFLICT, "group '%s' exists already", name);
	sl_query_bind_text(query, 1, name);
	sl_query_bind_int(query, 2, found->id);
	sl_query_bind_int(query, 3, now_at);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, now_at, person, "group add", name,
			    json_pack("{s:s}", "channel", found->name), error);
}

static bool
write_change(SlDb *db, int64_t id, const char *name, int64_t channel_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "UPDATE computer_group SET name = ?2, channel_id = ?3 WHERE id = ?1");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_text(query, 2, name);
	sl_query_bind_int(query, 3, channel_id);
	return sl_query_run(query, error);
}

/* The channel a group has now. */
static SlChannel *
channel_of(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT c.name FROM computer_group g JOIN channel c ON c.id = g.channel_id"
		    " WHERE g.id = ?1");

	sl_query_bind_int(query, 1, id);
	return sl_query_step(query, error) == SL_ROW
		       ? sl_channel_get(db, sl_query_text(query, 0), error)
		       : NULL;
}

bool
sl_group_change(SlDb *db, const char *name, const char *new_name, const char *channel,
		const char *person, int64_t now_at, GError **error)
{
	int64_t id = sl_group_find(db, name, error);
	g_autoptr(SlChannel) before = id ? channel_of(db, id, error) : NULL;
	g_autoptr(SlChannel) after = NULL;

	if (!before)
		return false;
	after = sl_channel_get(db, channel ? channel : before->name, error);
	if (!after || (new_name && !check_name(new_name, error)))
		return false;
	if (new_name && strcmp(new_name, name) != 0 && exists(db, new_name))
		return sl_error_set(error, SL_ERROR_CONFLICT, "group '%s' exists already",
				    new_name);
	return write_change(db, id, new_name ? new_name : name, after->id, error) &&
	       sl_audit_add(db, now_at, person, "group change", name,
			    json_pack("{s:s, s:s, s:s}", "name", new_name ? new_name : name,
				      "channel", after->name, "channel_before", before->name),
			    error);
}

static bool
is_empty(SlDb *db, int64_t id, const char *name, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT count(*) FROM computer WHERE group_id = ?1");

	int64_t count;

	sl_query_bind_int(query, 1, id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	count = sl_query_int(query, 0);
	return count == 0 ||
	       sl_error_set(error, SL_ERROR_CONFLICT,
			    "group '%s' has %" PRId64 " computer%s: move or remove %s first", name,
			    count, count == 1 ? "" : "s", count == 1 ? "it" : "them");
}

static bool
remove_rows(SlDb *db, const char *sql, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, id);
	return sl_query_run(query, error);
}

bool
sl_group_remove(SlDb *db, const char *name, const char *person, int64_t now_at, GError **error)
{
	int64_t id = sl_group_find(db, name, error);

	return id && is_empty(db, id, name, error) &&
	       remove_rows(db, "DELETE FROM coverage WHERE group_id = ?1", id, error) &&
	       remove_rows(db, "DELETE FROM lacking WHERE group_id = ?1", id, error) &&
	       remove_rows(db,
			   "UPDATE computer SET token_id = NULL WHERE token_id IN"
			   " (SELECT id FROM token WHERE group_id = ?1)",
			   id, error) &&
	       remove_rows(db, "DELETE FROM token WHERE group_id = ?1", id, error) &&
	       remove_rows(db, "DELETE FROM computer_group WHERE id = ?1", id, error) &&
	       sl_audit_add(db, now_at, person, "group remove", name, NULL, error);
}
