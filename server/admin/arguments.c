/* arguments.c - what a call says behind the question mark */
#include <string.h>

#include "catalog/base/text.h"
#include "server/admin/admin.h"

#define PAGE 200 /* rows where no limit is given */

typedef struct {
	char **known;
	GHashTable *seen; /* names borrowed from the request */
	char *problem;	  /* the first */
} Check;

static void
check(const char *name, const char *value, gpointer data)
{
	Check *one = data;

	if (*name == '\0' || one->problem)
		return;
	if (!g_strv_contains((const char *const *)one->known, name))
		one->problem = g_strdup_printf("no argument '%s' here", name);
	else if (!g_hash_table_add(one->seen, (gpointer)name))
		one->problem = g_strdup_printf("%s: given twice", name);
	/* a body is JSON, which is UTF-8 or none; whoever folds or cuts text relies on it */
	else if (!g_utf8_validate(value, -1, NULL))
		one->problem = g_strdup_printf("%s: not in UTF-8", name);
}

bool
sl_admin_check_arguments(const SlAdminCall *call, const char *known, GError **error)
{
	g_auto(GStrv) names = g_strsplit(known, " ", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	Check one = {names, seen, NULL};
	g_autofree char *problem = NULL;

	sl_request_each_argument(call->request, check, &one);
	problem = one.problem;
	if (!problem)
		return true;
	return sl_error_set(error, SL_ERROR_INVALID, "%s%s%s", problem, *known ? "; there is " : "",
			    known);
}

bool
sl_admin_number(const SlAdminCall *call, const char *name, int64_t low, int64_t high,
		int64_t otherwise, int64_t *ret_value, GError **error)
{
	const char *text = sl_request_argument(call->request, name);

	if (!text) {
		*ret_value = otherwise;
		return true;
	}
	if (sl_text_int(text, low, high, ret_value, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

bool
sl_admin_choice(const SlAdminCall *call, const char *name, const char *const *choices,
		const char **ret_choice, GError **error)
{
	const char *text = sl_request_argument(call->request, name);
	g_autofree char *all = NULL;

	for (const char *const *one = choices; text && *one; one++)
		if (strcmp(*one, text) == 0) {
			*ret_choice = *one;
			return true;
		}
	if (!text)
		return true;
	all = g_strjoinv(", ", (char **)choices);
	return sl_error_set(error, SL_ERROR_INVALID, "%s '%s': there is %s", name, text, all);
}

bool
sl_admin_page(SlAdminCall *call, int64_t *ret_limit, int64_t *ret_offset, GError **error)
{
	SlAdminPages *pages = &call->pages;
	int64_t limit, offset;

	if (!sl_admin_number(call, "limit", 1, pages->all ? INT32_MAX : SL_ADMIN_PAGE_MAX,
			     pages->all ? INT32_MAX : PAGE, &limit, error) ||
	    !sl_admin_number(call, "offset", 0, INT32_MAX, 0, &offset, error))
		return false;
	if (pages->all) {
		pages->wanted = limit;
		offset += pages->done;
		limit = pages->asked = MIN(limit - pages->done, SL_ADMIN_PAGE_OF_ALL);
	}
	*ret_limit = limit;
	*ret_offset = offset;
	return true;
}

bool
sl_admin_listing_page(SlAdminCall *call, SlListingPage *ret_page, GError **error)
{
	ret_page->sort = sl_request_argument(call->request, "sort");
	return sl_admin_page(call, &ret_page->limit, &ret_page->offset, error);
}
