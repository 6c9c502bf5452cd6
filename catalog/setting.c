#include "catalog/setting.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/schema.h"

#define TWO_PEOPLE "two_people" /* key in meta */

bool
sl_setting_two_people(SlDb *db, bool *ret_two_people, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autofree char *text = sl_meta_text(db, TWO_PEOPLE, &problem);

	if (!text && !g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	*ret_two_people = g_strcmp0(text, "yes") == 0;
	return true;
}

bool
sl_setting_set_two_people(SlDb *db, bool two_people, const char *person, int64_t now_at,
			  GError **error)
{
	bool before;

	if (!sl_setting_two_people(db, &before, error))
		return false;
	if (before == two_people)
		return true;
	return sl_meta_set(db, TWO_PEOPLE, two_people ? "yes" : "no", error) &&
	       sl_audit_add(
		       db, now_at, person, "setting", TWO_PEOPLE,
		       json_pack("{s:b, s:b}", "after", (int)two_people, "before", (int)before),
		       error);
}
