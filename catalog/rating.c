#include "catalog/rating.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/text.h"
#include "catalog/naming.h"
#include "catalog/update.h"

#define DAY INT64_C(86400)

typedef struct {
	const char *name;
	int64_t allows; /* seconds */
} Rating;

static const Rating ratings[] = {
	{"critical", 0},
	{"high", 7 * DAY},
	{"medium", 21 * DAY},
	{"low", 90 * DAY},
};

static const Rating *
find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ratings); i++)
		if (name && strcmp(ratings[i].name, name) == 0)
			return &ratings[i];
	return NULL;
}

bool
sl_rating_is_known(const char *rating)
{
	return find(rating) != NULL;
}

int64_t
sl_rating_allows(const char *rating)
{
	const Rating *found = find(rating);

	return found ? found->allows : -1;
}

bool
sl_rating_set(SlDb *db, const char *name, const char *rating, const char *person,
	      const char *reason, int64_t now_at, GError **error)
{
	g_autoptr(SlUpdate) update = NULL;
	g_autofree char *text = NULL;
	int64_t id;

	if (!sl_rating_is_known(rating))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "no rating '%s': there are critical, high, medium and low",
				    rating);
	if (sl_text_is_blank(reason))
		return sl_error_set(error, SL_ERROR_INVALID, "a rating needs a reason");
	id = sl_naming_find(db, name, SL_NAMING_NEWEST, 0, error);
	update = id ? sl_update_get(db, id, error) : NULL;
	if (!update)
		return false;
	text = sl_update_text(update);
	return sl_update_set_rating(db, id, rating, person, reason, now_at, error) &&
	       sl_audit_add(db, now_at, person, "rate", text,
			    json_pack("{s:s, s:s?, s:s}", "rating", rating, "before",
				      update->rating, "reason", reason),
			    error);
}
