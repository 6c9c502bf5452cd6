#include "catalog/channel.h"

#include <string.h>

#include "catalog/approval.h"

#define SELECT_CHANNEL                                                                             \
	"SELECT c.id, c.name, c.position, c.fingerprint,"                                          \
	" (SELECT coalesce(max(number), 0) FROM publication p WHERE p.channel_id = c.id),"         \
	" (SELECT count(*) FROM publication_item i WHERE i.channel_id = c.id"                      \
	"  AND i.until_number IS NULL) FROM channel c"

const char *const sl_channel_names[] = {SL_CHANNEL_CERTIFICATION, SL_CHANNEL_PRODUCTION, NULL};

void
sl_channel_free(SlChannel *channel)
{
	if (!channel)
		return;
	g_free(channel->name);
	g_free(channel->fingerprint);
	g_free(channel);
}

static SlChannel *
read_row(SlQuery *query)
{
	SlChannel *channel = g_new0(SlChannel, 1);

	channel->id = sl_query_int(query, 0);
	channel->name = g_strdup(sl_query_text(query, 1));
	channel->position = sl_query_int(query, 2);
	channel->fingerprint = g_strdup(sl_query_text(query, 3));
	channel->number = sl_query_int(query, 4);
	channel->updates = sl_query_int(query, 5);
	return channel;
}

GPtrArray *
sl_channel_list(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_channel_free);
	g_autoptr(SlQuery) query = sl_query_new(db, SELECT_CHANNEL " ORDER BY c.position");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, read_row(query));
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

SlChannel *
sl_channel_get(SlDb *db, const char *name, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, SELECT_CHANNEL " WHERE c.name = ?1");
	SlStep step;

	sl_query_bind_text(query, 1, name);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return read_row(query);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_INVALID,
			     "no channel '%s': there are certification and production", name);
	return NULL;
}

bool
sl_channel_set_fingerprint(SlDb *db, int64_t id, const char *fingerprint, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE channel SET fingerprint = ?2 WHERE id = ?1");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_text(query, 2, fingerprint);
	return sl_query_run(query, error);
}

void
sl_channel_suite_free(SlChannelSuite *suite)
{
	if (!suite)
		return;
	g_free(suite->suite);
	g_strfreev(suite->components);
	g_strfreev(suite->architectures);
	g_free(suite->codename);
	g_free(suite);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Both lists' words, sorted, each once; takes the first over. */
static char **
merge(char **words, const char *list)
{
	g_auto(GStrv) more = g_strsplit(list, " ", -1);
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (char **word = words; word && *word; word++)
		g_ptr_array_add(all, *word);
	for (char **word = more; *word; word++) {
		bool known = words && g_strv_contains((const char *const *)words, *word);

		if (**word && !known)
			g_ptr_array_add(all, g_strdup(*word));
	}
	g_free(words);
	g_ptr_array_sort(all, compare_texts);
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&all), FALSE);
}

static GPtrArray *
collect_suites(SlQuery *query, GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_channel_suite_free);
	SlChannelSuite *suite = NULL;
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		if (!suite || strcmp(suite->suite, sl_query_text(query, 0)) != 0) {
			suite = g_new0(SlChannelSuite, 1);
			suite->suite = g_strdup(sl_query_text(query, 0));
			suite->codename = g_strdup(sl_query_text(query, 0));
			g_ptr_array_add(list, suite);
		}
		suite->components = merge(suite->components, sl_query_text(query, 1));
		suite->architectures = merge(suite->architectures, sl_query_text(query, 2));
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

GPtrArray *
sl_channel_suites(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT publish_suite, components, architectures FROM upstream"
				 " WHERE role = 'updates' ORDER BY publish_suite, name");

	return collect_suites(query, error);
}

GPtrArray *
sl_channel_suites_for(SlDb *db, const char *os_id, const char *os_codename, GError **error)
{
	static const char sql[] =
		"SELECT u.publish_suite, u.components, u.architectures FROM upstream u"
		" JOIN upstream_serves s ON s.upstream_id = u.id"
		" WHERE u.role = 'updates' AND s.os_id = ?1 AND s.os_codename = ?2"
		" ORDER BY u.publish_suite, u.name";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_text(query, 1, os_id);
	sl_query_bind_text(query, 2, os_codename);
	return collect_suites(query, error);
}

void
sl_channel_difference_free(SlChannelDifference *difference)
{
	if (!difference)
		return;
	g_free(difference->suite);
	g_free(difference->name);
	g_free(difference->version_a);
	g_free(difference->version_b);
	g_free(difference);
}

static void
add_difference(GPtrArray *list, const SlContent *a, const SlContent *b)
{
	const SlContent *either = a ? a : b;
	SlChannelDifference *difference;

	g_return_if_fail(either);
	difference = g_new0(SlChannelDifference, 1);
	difference->suite = g_strdup(either->suite);
	difference->name = g_strdup(either->name);
	difference->version_a = g_strdup(a ? a->version : NULL);
	difference->version_b = g_strdup(b ? b->version : NULL);
	g_ptr_array_add(list, difference);
}

GPtrArray *
sl_channel_diff(SlDb *db, int64_t a, int64_t b, GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_channel_difference_free);
	g_autoptr(GPtrArray) in_a = sl_approval_content(db, a, false, error);
	g_autoptr(GPtrArray) in_b = in_a ? sl_approval_content(db, b, false, error) : NULL;
	guint i = 0, j = 0;

	if (!in_b)
		return NULL;
	/* both are sorted by suite and name */
	while (i < in_a->len || j < in_b->len) {
		const SlContent *left = i < in_a->len ? in_a->pdata[i] : NULL;
		const SlContent *right = j < in_b->len ? in_b->pdata[j] : NULL;
		int order = !left ? 1 : !right ? -1 : sl_content_compare(left, right);

		if (order != 0 || left->revision_id != right->revision_id)
			add_difference(list, order <= 0 ? left : NULL, order >= 0 ? right : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	return g_steal_pointer(&list);
}
