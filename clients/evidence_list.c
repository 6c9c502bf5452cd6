#include "clients/evidence_list.h"

#include <string.h>

#include "catalog/rating.h"

const char *const sl_evidence_states[] = {"ready", "held", "failing", "soaking", NULL};
const char *const sl_evidence_sorts[] = {"state",	"-state",	"name",	     "-name",
					 "rating",	"-rating",	"computers", "-computers",
					 "installed",	"-installed",	"failed",    "-failed",
					 "soaked_s",	"-soaked_s",	"ready_at",  "-ready_at",
					 "approved_at", "-approved_at", NULL};

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
rank_of(const char *rating)
{
	int64_t rank = 0;

	while (sl_rating_names[rank] && strcmp(sl_rating_names[rank], rating) != 0)
		rank++;
	return rank;
}

/* The number that a word sorts by; 0 for the name. */
static int64_t
key_of(const SlEvidence *one, const char *word)
{
	if (strcmp(word, "state") == 0)
		return state_of(one);
	if (strcmp(word, "rating") == 0)
		return rank_of(one->certification->rating);
	if (strcmp(word, "computers") == 0)
		return one->computers;
	if (strcmp(word, "installed") == 0)
		return one->installed;
	if (strcmp(word, "failed") == 0)
		return one->failed;
	if (strcmp(word, "soaked_s") == 0)
		return one->soaked_s;
	if (strcmp(word, "ready_at") == 0)
		return one->ready_at;
	return strcmp(word, "approved_at") == 0 ? one->certification->approved_at : 0;
}

static int
compare(gconstpointer a, gconstpointer b, gpointer sort)
{
	const SlEvidence *left = *(SlEvidence *const *)a, *right = *(SlEvidence *const *)b;
	const char *word = sort;
	bool backwards = *word == '-';
	int64_t x = key_of(left, word + backwards), y = key_of(right, word + backwards);
	int names = strcmp(left->certification->name, right->certification->name);

	if (strcmp(word, "-name") == 0)
		return -names;
	if (x == y)
		return names;
	return (x < y) == backwards ? 1 : -1;
}

static bool
fits(const SlEvidence *one, const SlEvidenceFilter *filter, const char *folded)
{
	g_autofree char *name = folded ? g_utf8_casefold(one->certification->name, -1) : NULL;

	return (!filter->state || strcmp(sl_evidence_state(one), filter->state) == 0) &&
	       (!filter->rating || strcmp(one->certification->rating, filter->rating) == 0) &&
	       (!folded || strstr(name, folded));
}

GPtrArray *
sl_evidence_find(SlDb *db, const SlEvidenceFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) list = sl_evidence_list(db, filter->now_at, error);
	g_autofree char *folded = filter->text ? g_utf8_casefold(filter->text, -1) : NULL;
	const SlListingPage *page = &filter->page;
	guint kept = 0, first;

	if (!list)
		return NULL;
	for (guint i = 0; i < list->len; i++)
		if (fits(list->pdata[i], filter, folded)) {
			gpointer one = list->pdata[kept];

			list->pdata[kept++] = list->pdata[i];
			list->pdata[i] = one;
		}
	g_ptr_array_set_size(list, (int)kept);
	*ret_total = kept;
	if (page->sort)
		g_ptr_array_sort_with_data(list, compare, (gpointer)page->sort);
	first = (guint)MIN(page->offset, (int64_t)list->len);
	if (first > 0)
		g_ptr_array_remove_range(list, 0, first);
	if (page->limit > 0 && page->limit < list->len)
		g_ptr_array_set_size(list, (int)page->limit);
	return g_steal_pointer(&list);
}
