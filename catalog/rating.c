#include "catalog/rating.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/text.h"
#include "catalog/naming.h"
#include "catalog/update.h"

#define NONE "none" /* stands for those nobody rated */

const char *const sl_rating_names[] = {"critical", "high", "medium", "low", NONE, NULL};

int64_t
sl_rating_rank(const char *name)
{
	int64_t rank = 0;

	while (sl_rating_names[rank + 1] && g_strcmp0(sl_rating_names[rank], name) != 0)
		rank++;
	return rank;
}

void
sl_rating_free(SlRating *rating)
{
	if (!rating)
		return;
	g_free(rating->name);
	g_free(rating);
}

GPtrArray *
sl_rating_list(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT name, coalesce(allow_s, -1), soak_s FROM rating ORDER BY position");
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_rating_free);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlRating *rating = g_new0(SlRating, 1);

		rating->name = g_strdup(sl_query_text(query, 0));
		rating->allow_s = sl_query_int(query, 1);
		rating->soak_s = sl_query_int(query, 2);
		g_ptr_array_add(list, rating);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

SlRating *
sl_rating_get(SlDb *db, const char *name, GError **error)
{
	g_autoptr(GPtrArray) list = sl_rating_list(db, error);
	guint i = 0;

	if (!list)
		return NULL;
	while (i < list->len && strcmp(((SlRating *)list->pdata[i])->name, name ? name : NONE) != 0)
		i++;
	if (i < list->len)
		return g_ptr_array_steal_index(list, i);
	sl_error_set(error, SL_ERROR_INVALID,
		     "no rating '%s': there are critical, high, medium and low", name);
	return NULL;
}

static bool
check_times(const SlRating *rating, GError **error)
{
	bool none = strcmp(rating->name, NONE) == 0;

	if (none && rating->allow_s != -1)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "what nobody rated has no deadline: rate it");
	if (!none && (rating->allow_s < 0 || rating->allow_s > SL_RATING_ALLOW_MAX))
		return sl_error_set(error, SL_ERROR_INVALID, "%s: it allows 0 to 3650 days",
				    rating->name);
	if (rating->soak_s < 0 || rating->soak_s > SL_RATING_SOAK_MAX)
		return sl_error_set(error, SL_ERROR_INVALID, "%s: it soaks for 0 to 365 days",
				    rating->name);
	return true;
}

static bool
write_times(SlDb *db, const SlRating *rating, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "UPDATE rating SET allow_s = nullif(?2, -1), soak_s = ?3 WHERE name = ?1");

	sl_query_bind_text(query, 1, rating->name);
	sl_query_bind_int(query, 2, rating->allow_s);
	sl_query_bind_int(query, 3, rating->soak_s);
	return sl_query_run(query, error);
}

bool
sl_rating_change(SlDb *db, const SlRating *rating, const char *person, int64_t now_at,
		 GError **error)
{
	g_autoptr(SlRating) before = sl_rating_get(db, rating->name, error);

	if (!before || !check_times(rating, error))
		return false;
	if (before->allow_s == rating->allow_s && before->soak_s == rating->soak_s)
		return true;
	return write_times(db, rating, error) &&
	       sl_audit_add(
		       db, now_at, person, "setting", rating->name,
		       json_pack("{s:I, s:I, s:{s:I, s:I}}", "allow_s", (json_int_t)rating->allow_s,
				 "soak_s", (json_int_t)rating->soak_s, "before", "allow_s",
				 (json_int_t)before->allow_s, "soak_s", (json_int_t)before->soak_s),
		       error);
}

bool
sl_rating_set(SlDb *db, const char *name, const char *rating, const char *person,
	      const char *reason, int64_t now_at, GError **error)
{
	g_autoptr(SlRating) known = sl_rating_get(db, rating, error);
	g_autoptr(SlUpdate) update = NULL;
	g_autofree char *text = NULL;
	int64_t id;

	if (!known)
		return false;
	if (strcmp(rating, NONE) == 0)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "a rating cannot be taken back: give another one");
	if (sl_text_is_blank(reason))
		return sl_error_set(error, SL_ERROR_INVALID, "a rating needs a reason");
	id = sl_naming_find(db, name, SL_NAMING_NEWEST, 0, error);
	update = id ? sl_update_get(db, id, error) : NULL;
	if (!update)
		return false;
	text = sl_update_text(update);
	return sl_update_set_rating(db, id, rating, person, reason, now_at, error) &&
	       sl_audit_add(db, now_at, person, "rate", text,
			    json_pack("{s:s, s:s?, s:s}", "rating", rating, "rating_before",
				      update->rating, "reason", reason),
			    error);
}
