#include "catalog/naming.h"

#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/version.h"

#define CHOICES	  10 /* listed at most */
#define SUGGESTED 5  /* similar names */
#define SIMILAR	  2  /* edits */

typedef struct {
	char *upstream; /* NULL: any */
	char *name;
	char *version; /* NULL: as naming says */
} Wanted;

typedef struct {
	int64_t id;
	char *upstream;
	char *name;
	char *version;
	bool withdrawn;
	bool approved; /* in the channel asked about */
} Candidate;

static void
wanted_clear(Wanted *wanted)
{
	g_free(wanted->upstream);
	g_free(wanted->name);
	g_free(wanted->version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static void
candidate_free(gpointer data)
{
	Candidate *candidate = data;

	g_free(candidate->upstream);
	g_free(candidate->name);
	g_free(candidate->version);
	g_free(candidate);
}

static bool
parse(const char *text, Wanted *ret_wanted, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *left = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
	const char *slash = strchr(left, '/');
	g_autofree char *shown = sl_text_escape(text);
	const char *name = slash ? slash + 1 : left;

	if (!sl_text_is_name(name) || (slash && slash == left) ||
	    (equals && !sl_version_is_valid(equals + 1)))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "'%s' names no update: write [UPSTREAM/]NAME[=VERSION]", shown);
	ret_wanted->upstream = slash ? g_strndup(left, (gsize)(slash - left)) : NULL;
	ret_wanted->name = g_strdup(name);
	ret_wanted->version = equals ? g_strdup(equals + 1) : NULL;
	return true;
}

static GPtrArray *
candidates(SlDb *db, const char *sql, const Wanted *wanted, int64_t channel_id, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(candidate_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_text(query, 1, wanted->name);
	sl_query_bind_text(query, 2, wanted->upstream);
	sl_query_bind_text(query, 3, wanted->version);
	sl_query_bind_int(query, 4, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		Candidate *candidate = g_new0(Candidate, 1);

		candidate->id = sl_query_int(query, 0);
		candidate->upstream = g_strdup(sl_query_text(query, 1));
		candidate->name = g_strdup(sl_query_text(query, 2));
		candidate->version = g_strdup(sl_query_text(query, 3));
		candidate->withdrawn = sl_query_int(query, 4) != 0;
		candidate->approved = sl_query_int(query, 5) != 0;
		g_ptr_array_add(list, candidate);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

/* By source package; where there is none of that name, by binary package. */
static GPtrArray *
find_candidates(SlDb *db, const Wanted *wanted, int64_t channel_id, GError **error)
{
	static const char by_source[] =
		"SELECT u.id, s.name, u.name, u.version, u.withdrawn_at IS NOT NULL,"
		" EXISTS (SELECT 1 FROM approval a WHERE a.update_id = u.id"
		"  AND a.channel_id = ?4 AND a.state = 'approved')"
		" FROM updates u JOIN upstream s ON s.id = u.upstream_id"
		" WHERE u.name = ?1 AND (?2 IS NULL OR s.name = ?2)"
		" AND (?3 IS NULL OR u.version = ?3)";
	static const char by_package[] =
		"SELECT DISTINCT u.id, s.name, u.name, u.version, u.withdrawn_at IS NOT NULL,"
		" EXISTS (SELECT 1 FROM approval a WHERE a.update_id = u.id"
		"  AND a.channel_id = ?4 AND a.state = 'approved')"
		" FROM package p JOIN revision_package rp ON rp.package_id = p.id"
		" JOIN revision r ON r.id = rp.revision_id JOIN updates u ON u.id = r.update_id"
		" JOIN upstream s ON s.id = u.upstream_id"
		" WHERE p.name = ?1 AND (?2 IS NULL OR s.name = ?2)"
		" AND (?3 IS NULL OR u.version = ?3)";
	g_autoptr(GPtrArray) list = candidates(db, by_source, wanted, channel_id, error);

	if (!list || list->len > 0)
		return g_steal_pointer(&list);
	return candidates(db, by_package, wanted, channel_id, error);
}

/* How unlike a name is what was typed; above SIMILAR: it is another. */
static unsigned
distance(const char *typed, const char *name)
{
	if (strcmp(typed, name) == 0)
		return SIMILAR + 1;
	return strstr(name, typed) ? SIMILAR : sl_text_edits(typed, name, SIMILAR);
}

/* Names the versions that there are of what was asked for in another; false: there is none. */
static bool
refuse_version(SlDb *db, const char *text, const Wanted *wanted, GError **error)
{
	const Wanted any = {wanted->upstream, wanted->name, NULL};
	g_autoptr(GPtrArray) list = wanted->version ? find_candidates(db, &any, 0, NULL) : NULL;
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint i = 0; list && i < MIN(list->len, CHOICES); i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "",
				       ((const Candidate *)list->pdata[i])->version);
	if (known->len == 0)
		return false;
	sl_error_set(error, SL_ERROR_NOT_FOUND, "no update '%s': there is %s%s", text, known->str,
		     list->len > CHOICES ? ", ..." : "");
	return true;
}

static void
not_found(SlDb *db, const char *text, const Wanted *wanted, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT DISTINCT name FROM updates ORDER BY length(name), name");
	g_autoptr(GString) near = g_string_new(NULL);
	unsigned shown = 0;

	/* the nearest first, the shortest of them before longer ones */
	for (unsigned edits = 0; edits <= SIMILAR; edits++)
		while (sl_query_step(query, NULL) == SL_ROW)
			if (shown < SUGGESTED &&
			    distance(wanted->name, sl_query_text(query, 0)) == edits)
				g_string_append_printf(near, "%s%s", shown++ ? ", " : "; similar: ",
						       sl_query_text(query, 0));
	sl_error_set(error, SL_ERROR_NOT_FOUND, "no update '%s' in the catalog%s", text, near->str);
}

/*
 * Whether a is to be preferred to b, both of the same upstream and name. Of what a channel has, the
 * newest is meant also when its upstream took it back: that is the one to be recalled.
 */
static bool
is_newer(const Candidate *a, const Candidate *b, bool approved)
{
	if (!approved && a->withdrawn != b->withdrawn)
		return b->withdrawn;
	return sl_version_compare(a->version, b->version) > 0;
}

/* Leaves the best candidate of each upstream and name. */
static GPtrArray *
best_of_each(GPtrArray *list, bool only_approved)
{
	GPtrArray *best = g_ptr_array_new();

	for (guint i = 0; i < list->len; i++) {
		Candidate *one = list->pdata[i];
		guint place = 0;

		if (only_approved && !one->approved)
			continue;
		for (; place < best->len; place++) {
			const Candidate *other = best->pdata[place];

			if (strcmp(one->upstream, other->upstream) == 0 &&
			    strcmp(one->name, other->name) == 0)
				break;
		}
		if (place == best->len)
			g_ptr_array_add(best, one);
		else if (is_newer(one, best->pdata[place], only_approved))
			best->pdata[place] = one;
	}
	return best;
}

static void
ambiguous(const char *text, GPtrArray *best, GError **error)
{
	GString *choices = g_string_new(NULL);

	for (guint i = 0; i < MIN(best->len, CHOICES); i++) {
		const Candidate *one = best->pdata[i];

		g_string_append_printf(choices, "%s%s/%s=%s", i ? ", " : "", one->upstream,
				       one->name, one->version);
	}
	sl_error_set(error, SL_ERROR_CONFLICT, "'%s' is ambiguous: %s", text, choices->str);
	g_string_free(choices, TRUE);
}

int64_t
sl_naming_find(SlDb *db, const char *text, SlNaming naming, int64_t channel_id, GError **error)
{
	g_auto(Wanted) wanted = {0};
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GPtrArray) best = NULL;

	if (!parse(text, &wanted, error))
		return 0;
	list = find_candidates(db, &wanted, channel_id, error);
	if (!list)
		return 0;
	best = best_of_each(list, naming == SL_NAMING_APPROVED && !wanted.version);
	if (best->len == 1)
		return ((const Candidate *)best->pdata[0])->id;
	if (best->len > 1)
		ambiguous(text, best, error);
	else if (list->len > 0)
		sl_error_set(error, SL_ERROR_NOT_FOUND,
			     "no version of '%s' is approved in that channel", text);
	else if (!refuse_version(db, text, &wanted, error))
		not_found(db, text, &wanted, error);
	return 0;
}
