#include "clients/coverage.h"

#include <string.h>

#include "catalog/rating.h"
#include "clients/counts.h"

void
sl_coverage_line_free(SlCoverageLine *line)
{
	if (!line)
		return;
	g_free(line->name);
	g_free(line->channel);
	g_free(line->rating);
	g_free(line);
}

int64_t
sl_coverage_line_open(const SlCoverageLine *line)
{
	int64_t open = line->n[SL_STATUS_UNKNOWN] + line->n[SL_STATUS_SILENT];

	for (int i = 0; i < SL_STATUSES; i++)
		if (sl_status_is_missing((SlStatus)i))
			open += line->n[i];
	return open;
}

/* The whole table, read once. */
static GHashTable *
load(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT slot, group_id, status, n FROM coverage");
	g_autoptr(GHashTable) groups = sl_counts_new();
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		sl_counts_add(sl_counts_of(groups, sl_query_int(query, 1)), sl_query_int(query, 0),
			      (SlStatus)(sl_query_int(query, 2) % SL_STATUSES),
			      sl_query_int(query, 3));
	return step == SL_DONE ? g_steal_pointer(&groups) : NULL;
}

typedef struct {
	int64_t id;
	char *name;
	int64_t channel_id;
	const SlCounts *counts; /* NULL: it has no computers */
} Group;

static void
group_free(gpointer data)
{
	Group *group = data;

	g_free(group->name);
	g_free(group);
}

static GPtrArray *
load_groups(SlDb *db, GHashTable *counts, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT id, name, channel_id FROM computer_group ORDER BY name");
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		Group *group = g_new0(Group, 1);

		group->id = sl_query_int(query, 0);
		group->name = g_strdup(sl_query_text(query, 1));
		group->channel_id = sl_query_int(query, 2);
		group->counts = g_hash_table_lookup(counts, &group->id);
		g_ptr_array_add(groups, group);
	}
	return step == SL_DONE ? g_steal_pointer(&groups) : NULL;
}

GArray *
sl_coverage_approved(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT a.channel_id, u.id, u.slot, a.first_at + m.allow_s FROM approval a"
		    " JOIN updates u ON u.id = a.update_id" SL_RATING_JOIN
		    " WHERE a.state = 'approved' AND u.slot IS NOT NULL");
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(SlApprovedSlot));
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlApprovedSlot one = {sl_query_int(query, 0), sl_query_int(query, 1),
				      sl_query_int(query, 2), sl_query_int(query, 3)};

		g_array_append_val(list, one);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

/* What the lines are made of, all of one moment. */
typedef struct {
	GHashTable *counts; /* (owned): group -> SlCounts */
	GPtrArray *groups;  /* (owned, element-type Group) */
	GArray *approved;   /* (owned, element-type SlApprovedSlot) */
} Summary;

static void
summary_clear(Summary *summary)
{
	g_clear_pointer(&summary->groups, g_ptr_array_unref);
	g_clear_pointer(&summary->counts, g_hash_table_unref);
	g_clear_pointer(&summary->approved, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Summary, summary_clear)

static bool
summary_load(SlDb *db, Summary *summary, GError **error)
{
	g_autoptr(SlTransaction) moment = sl_transaction_begin(db, error);

	if (!moment)
		return false;
	summary->counts = load(db, error);
	summary->groups = summary->counts ? load_groups(db, summary->counts, error) : NULL;
	summary->approved = summary->groups ? sl_coverage_approved(db, error) : NULL;
	return summary->approved != NULL;
}

/* Adds a group's counts for one slot to a line. */
static void
add_to_line(SlCoverageLine *line, const Group *group, int64_t slot, int64_t deadline_at,
	    int64_t now_at)
{
	int64_t before = sl_coverage_line_open(line), rest = 0;

	for (int i = 0; i < SL_STATUS_SILENT; i++)
		rest += sl_counts_get(group->counts, -1, (SlStatus)i);
	for (int i = SL_STATUS_NOT_APPLICABLE; i < SL_STATUS_SILENT; i++) {
		int64_t n = sl_counts_get(group->counts, slot, (SlStatus)i);

		line->n[i] += n;
		rest -= n;
	}
	line->n[SL_STATUS_UNKNOWN] += rest;
	line->n[SL_STATUS_SILENT] += sl_counts_get(group->counts, -1, SL_STATUS_SILENT);
	if (deadline_at != 0 && now_at > deadline_at)
		line->overdue += sl_coverage_line_open(line) - before;
}

static void
count_computers(SlCoverageLine *line, const Group *group)
{
	for (int i = 0; i < SL_STATUSES; i++)
		line->computers += sl_counts_get(group->counts, -1, (SlStatus)i);
}

static SlCoverageLine *
read_update_line(SlQuery *query)
{
	SlCoverageLine *line = g_new0(SlCoverageLine, 1);

	line->id = sl_query_int(query, 0);
	line->channel_id = sl_query_int(query, 8);
	line->name = g_strdup_printf("%s/%s=%s", sl_query_text(query, 1), sl_query_text(query, 2),
				     sl_query_text(query, 3));
	line->rating = g_strdup(sl_query_text(query, 4));
	line->channel = g_strdup(sl_query_text(query, 5));
	line->from_at = sl_query_int(query, 6);
	line->deadline_at = sl_query_int(query, 9);
	line->updates = 1;
	return line;
}

GPtrArray *
sl_coverage_by_update(SlDb *db, int64_t now_at, GError **error)
{
	static const char sql[] =
		"SELECT u.id, s.name, u.name, u.version, u.rating, c.name, a.first_at, u.slot,"
		" a.channel_id, a.first_at + m.allow_s FROM approval a"
		" JOIN updates u ON u.id = a.update_id JOIN upstream s ON s.id = u.upstream_id"
		" JOIN channel c ON c.id = a.channel_id" SL_RATING_JOIN
		" WHERE a.state = 'approved' ORDER BY u.name, u.version, s.name, c.position";
	g_auto(Summary) summary = {0};
	g_autoptr(GPtrArray) lines =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_coverage_line_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	if (!summary_load(db, &summary, error))
		return NULL;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlCoverageLine *line = read_update_line(query);

		for (guint i = 0; i < summary.groups->len; i++) {
			const Group *group = summary.groups->pdata[i];

			if (group->channel_id != sl_query_int(query, 8))
				continue;
			count_computers(line, group);
			add_to_line(line, group, sl_query_int(query, 7), line->deadline_at, now_at);
		}
		g_ptr_array_add(lines, line);
	}
	return step == SL_DONE ? g_steal_pointer(&lines) : NULL;
}

static void
add_group_to_line(SlCoverageLine *line, const Group *group, const GArray *approved, int64_t now_at)
{
	count_computers(line, group);
	for (int i = 0; i < SL_STATUSES; i++)
		line->standing[i] += sl_counts_get(group->counts, -1, (SlStatus)i);
	for (guint i = 0; i < approved->len; i++) {
		const SlApprovedSlot *one = &g_array_index(approved, SlApprovedSlot, i);

		if (one->channel_id == group->channel_id)
			add_to_line(line, group, one->slot, one->deadline_at, now_at);
	}
}

static int64_t
updates_of(const GArray *approved, int64_t channel_id)
{
	int64_t n = 0;

	for (guint i = 0; i < approved->len; i++)
		n += g_array_index(approved, SlApprovedSlot, i).channel_id == channel_id;
	return n;
}

/* Lines for the rows of a query (id, name, channel's name, channel's id). */
static GPtrArray *
add_up(SlDb *db, SlQuery *query, bool by_channel, int64_t now_at, GError **error)
{
	g_auto(Summary) summary = {0};
	g_autoptr(GPtrArray) lines =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_coverage_line_free);
	SlStep step;

	if (!summary_load(db, &summary, error))
		return NULL;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlCoverageLine *line = g_new0(SlCoverageLine, 1);

		line->id = sl_query_int(query, 0);
		line->channel_id = sl_query_int(query, 3);
		line->name = g_strdup(sl_query_text(query, 1));
		line->channel = g_strdup(sl_query_text(query, 2));
		line->updates = updates_of(summary.approved, sl_query_int(query, 3));
		for (guint i = 0; i < summary.groups->len; i++) {
			const Group *group = summary.groups->pdata[i];

			if ((by_channel ? group->channel_id : group->id) == line->id)
				add_group_to_line(line, group, summary.approved, now_at);
		}
		g_ptr_array_add(lines, line);
	}
	return step == SL_DONE ? g_steal_pointer(&lines) : NULL;
}

GPtrArray *
sl_coverage_by_group(SlDb *db, const char *name, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT g.id, g.name, c.name, c.id FROM computer_group g JOIN channel c"
		    " ON c.id = g.channel_id WHERE (?1 IS NULL OR g.name = ?1) ORDER BY g.name");

	sl_query_bind_text(query, 1, name);
	return add_up(db, query, false, now_at, error);
}

GPtrArray *
sl_coverage_by_channel(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT id, name, name, id FROM channel ORDER BY position");

	return add_up(db, query, true, now_at, error);
}

bool
sl_coverage_of_slot(SlDb *db, int64_t slot, int64_t *ret_n, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT slot, status, sum(n) FROM coverage WHERE slot IN (-1, ?1)"
				 " GROUP BY slot, status");
	int64_t rest = 0;
	SlStep step;

	memset(ret_n, 0, SL_STATUSES * sizeof *ret_n);
	sl_query_bind_int(query, 1, slot);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t n = sl_query_int(query, 2);

		SlStatus status = (SlStatus)(sl_query_int(query, 1) % SL_STATUSES);

		if (sl_query_int(query, 0) != -1)
			rest -= ret_n[status] = n;
		else if (status == SL_STATUS_SILENT)
			ret_n[status] = n;
		else
			rest += n;
	}
	ret_n[SL_STATUS_UNKNOWN] = rest;
	return step == SL_DONE;
}

GHashTable *
sl_coverage_needed(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT u.id, coalesce(c.status, ?1), coalesce(c.n, 0) FROM updates u"
		    " LEFT JOIN coverage c ON c.slot = u.slot WHERE u.slot IS NOT NULL");
	g_autoptr(GHashTable) needed =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	SlStep step;

	sl_query_bind_int(query, 1, SL_STATUS_NEEDED);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);
		SlStatus status = (SlStatus)(sl_query_int(query, 1) % SL_STATUSES);
		int64_t *n = g_hash_table_lookup(needed, &id);

		if (!n) {
			n = g_new0(int64_t, 1);
			g_hash_table_insert(needed, g_memdup2(&id, sizeof id), n);
		}
		if (sl_status_is_missing(status) && status != SL_STATUS_FAILED)
			*n += sl_query_int(query, 2);
	}
	return step == SL_DONE ? g_steal_pointer(&needed) : NULL;
}
