#include "catalog/certification.h"

#include "catalog/approval.h"
#include "catalog/channel.h"
#include "catalog/rating.h"
#include "catalog/version.h"

void
sl_certification_free(SlCertification *certification)
{
	if (!certification)
		return;
	g_free(certification->name);
	g_free(certification->rating);
	g_free(certification->person);
	sl_hold_free(certification->hold);
	g_free(certification);
}

/* What certification has of one update. */
static SlQuery *
query_one(SlDb *db)
{
	return sl_query_new(db,
			    "SELECT a.revision_id, coalesce(u.slot, -1), a.person, a.at, m.soak_s,"
			    " (SELECT p.at FROM publication_item i JOIN publication p"
			    "  ON p.channel_id = i.channel_id AND p.number = i.from_number"
			    "  WHERE i.channel_id = a.channel_id AND i.revision_id = a.revision_id"
			    "  AND i.until_number IS NULL), a.update_id, b.state, u.name,"
			    " coalesce(u.rating, 'none')"
			    " FROM approval a JOIN updates u ON u.id = a.update_id" SL_RATING_JOIN
			    " LEFT JOIN approval b ON b.channel_id = " SL_CHANNEL_PRODUCTION_SQL
			    " AND b.update_id = a.update_id"
			    " WHERE a.channel_id = " SL_CHANNEL_CERTIFICATION_SQL
			    " AND a.update_id = ?1 AND a.state = 'approved'");
}

static SlCertification *
read_row(SlQuery *query)
{
	SlCertification *one = g_new0(SlCertification, 1);

	one->revision_id = sl_query_int(query, 0);
	one->slot = sl_query_int(query, 1);
	one->person = g_strdup(sl_query_text(query, 2));
	one->approved_at = sl_query_int(query, 3);
	one->soak_s = sl_query_int(query, 4);
	one->published_at = sl_query_int(query, 5);
	one->update_id = sl_query_int(query, 6);
	one->name = g_strdup(sl_query_text(query, 8));
	one->rating = g_strdup(sl_query_text(query, 9));
	return one;
}

/* @param ret_recalled  whether production had it and somebody took it out; may be NULL */
static bool
get(SlDb *db, SlQuery *query, int64_t update_id, SlCertification **ret_one, bool *ret_recalled,
    GError **error)
{
	g_autoptr(SlCertification) one = NULL;
	g_autoptr(GError) problem = NULL;
	SlStep step;

	sl_query_bind_int(query, 1, update_id);
	step = sl_query_step(query, error);
	if (step == SL_ROW) {
		one = read_row(query);
		if (ret_recalled)
			*ret_recalled = g_strcmp0(sl_query_text(query, 7), "recalled") == 0;
	}
	sl_query_reset(query);
	if (one)
		one->hold = sl_hold_get(db, update_id, &problem);
	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (step == SL_FAILED)
		return false;
	*ret_one = g_steal_pointer(&one);
	return true;
}

SlCertification *
sl_certification_get(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query = query_one(db);
	SlCertification *one = NULL;

	return get(db, query, update_id, &one, NULL, error) ? one : NULL;
}

/* Whether what production has of the name makes this one wait no more. */
static bool
has_overtaken(const SlContent *production, const SlContent *one)
{
	return production->revision_id == one->revision_id ||
	       sl_version_compare(production->version, one->version) > 0;
}

/* Adds those of the content of certification that wait; both are sorted by suite and name. */
static bool
add_waiting(SlDb *db, GPtrArray *list, const GPtrArray *certification, const GPtrArray *production,
	    GError **error)
{
	g_autoptr(SlQuery) query = query_one(db);

	for (guint i = 0, j = 0; i < certification->len; i++) {
		const SlContent *one = certification->pdata[i];
		SlCertification *waiting = NULL;
		bool recalled = false;

		while (j < production->len && sl_content_compare(production->pdata[j], one) < 0)
			j++;
		if (j < production->len && sl_content_compare(production->pdata[j], one) == 0 &&
		    has_overtaken(production->pdata[j], one))
			continue;
		if (!get(db, query, one->update_id, &waiting, &recalled, error))
			return false;
		if (waiting && !recalled)
			g_ptr_array_add(list, waiting);
		else
			sl_certification_free(waiting);
	}
	return true;
}

GPtrArray *
sl_certification_list(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) certification =
		sl_approval_content(db, SL_CHANNEL_CERTIFICATION_ID, false, error);
	g_autoptr(GPtrArray) production =
		certification ? sl_approval_content(db, SL_CHANNEL_PRODUCTION_ID, false, error)
			      : NULL;
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_certification_free);

	return production && add_waiting(db, list, certification, production, error)
		       ? g_steal_pointer(&list)
		       : NULL;
}
