#include "clients/evidence_list.h"

#include <stddef.h>
#include <string.h>

#include "catalog/rating.h"

const char *const sl_evidence_states[] = {"ready", "held", "failing", "soaking", NULL};

static int
state_of(const SlEvidence *evidence)
{
	if (evidence->ready)
		return 0;
	if (evidence->certification->hold)
		return 1;
	return evidence->failed > 0 ? 2 : 3;
}

const char *
sl_evidence_state(const SlEvidence *evidence)
{
	return sl_evidence_states[state_of(evidence)];
}

static int64_t
by_state(gconstpointer item)
{
	return state_of(item);
}

static int64_t
by_rating(gconstpointer item)
{
	return sl_rating_rank(((const SlEvidence *)item)->certification->rating);
}

static int64_t
by_approved_at(gconstpointer item)
{
	return ((const SlEvidence *)item)->certification->approved_at;
}

static const char *
by_name(gconstpointer item)
{
	return ((const SlEvidence *)item)->certification->name;
}

static const SlListingKey keys[] = {
	{"state", .number = by_state},
	{"name", .text = by_name},
	{"rating", .number = by_rating},
	{"computers", .at = offsetof(SlEvidence, computers)},
	{"installed", .at = offsetof(SlEvidence, installed)},
	{"failed", .at = offsetof(SlEvidence, failed)},
	{"soaked_s", .at = offsetof(SlEvidence, soaked_s)},
	{"ready_at", .at = offsetof(SlEvidence, ready_at)},
	{"approved_at", .number = by_approved_at},
	{NULL},
};

/* What a filter asks for, its text ready to be looked for. */
typedef struct {
	const SlEvidenceFilter *filter;
	const char *folded; /* NULL: any */
} Wanted;

static bool
fits(gconstpointer item, gconstpointer data)
{
	const SlEvidence *one = item;
	const Wanted *wanted = data;
	const SlEvidenceFilter *filter = wanted->filter;
	g_autofree char *name =
		wanted->folded ? g_utf8_casefold(one->certification->name, -1) : NULL;

	return (!filter->state || strcmp(sl_evidence_state(one), filter->state) == 0) &&
	       (!filter->rating || strcmp(one->certification->rating, filter->rating) == 0) &&
	       (!name || strstr(name, wanted->folded));
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(by_name(*(const gconstpointer *)a), by_name(*(const gconstpointer *)b));
}

GPtrArray *
sl_evidence_find(SlDb *db, const SlEvidenceFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) list = sl_evidence_list(db, filter->now_at, error);
	g_autofree char *folded = filter->text ? g_utf8_casefold(filter->text, -1) : NULL;
	const Wanted wanted = {filter, folded};

	if (!list)
		return NULL;
	sl_listing_keep(list, fits, &wanted);
	if (filter->page.sort)
		g_ptr_array_sort(list, compare_names); /* those that are equal */
	return sl_listing_cut(list, keys, &filter->page, ret_total, error) ? g_steal_pointer(&list)
									   : NULL;
}
