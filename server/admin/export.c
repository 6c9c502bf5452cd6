#include "server/admin/export.h"

#include <string.h>

#include "catalog/base/text.h"
#include "server/admin/answer.h"

bool
sl_export_is_asked(const SlRequest *request)
{
	const char *limit = sl_request_argument(request, "limit");
	int64_t rows;

	return g_strcmp0(sl_request_argument(request, "format"), "csv") == 0 ||
	       (limit &&
		sl_text_int(limit, SL_ADMIN_PAGE_OF_ALL + 1, SL_ADMIN_PAGE_MAX, &rows, NULL));
}

/* Takes what a page of the list was answered. */
typedef void (*Take)(gpointer to, json_t *answer);

/* Has the route's handler answer all rows, a page at a time: they may be many. */
static bool
read_all(const SlAdminRoute *route, SlAdminCall *call, Take take, gpointer to, GError **error)
{
	g_autoptr(SlTransaction) moment = sl_transaction_begin(call->db, error);
	SlAdminPages *pages = &call->pages;
	int64_t rows;

	if (!moment)
		return false;
	pages->all = true;
	do {
		g_autoptr(json_t) answer = route->handler(call, error);

		if (!answer)
			return false;
		rows = (int64_t)json_array_size(json_object_get(answer, "items"));
		pages->done += rows;
		take(to, answer);
	} while (rows > 0 && rows == pages->asked && pages->done < pages->wanted);
	return true;
}

static void
add_rows(gpointer csv, json_t *answer)
{
	sl_csv_add(csv, json_object_get(answer, "items"));
}

/* A list of nothing still says what its rows would have. */
static SlResponse *
empty_csv(const SlAdminRoute *route, const SlAdminCall *call)
{
	g_auto(GStrv) columns = sl_admin_openapi_members(route->path);
	g_autoptr(SlCsv) csv = sl_csv_new((const char *const *)columns);
	g_autoptr(json_t) none = json_array();

	sl_csv_add(csv, none);
	return sl_answer_csv(call->request, route->path, csv);
}

SlResponse *
sl_export_csv(const SlAdminRoute *route, SlAdminCall *call, GError **error)
{
	g_autoptr(SlCsv) csv = sl_csv_new(NULL);

	if (!read_all(route, call, add_rows, csv, error))
		return NULL;
	if (call->pages.done == 0)
		return empty_csv(route, call);
	return sl_answer_csv(call->request, route->path, csv);
}

typedef struct {
	GString *text;	/* (owned): {"items":[...], so far */
	json_t *answer; /* (owned): the last one's members but for the items */
} Whole;

static void
add_items(gpointer to, json_t *answer)
{
	Whole *whole = to;
	json_t *items = json_object_get(answer, "items");
	g_autofree char *text = sl_json_text(items);
	size_t size = strlen(text);

	if (json_array_size(items) > 0) {
		if (whole->answer)
			g_string_append_c(whole->text, ',');
		g_string_append_len(whole->text, text + 1, (gssize)size - 2);
	}
	json_object_del(answer, "items");
	json_decref(whole->answer);
	whole->answer = json_incref(answer);
}

SlResponse *
sl_export_json(const SlAdminRoute *route, SlAdminCall *call, GError **error)
{
	g_autoptr(GString) text = g_string_new("{\"items\":[");
	Whole whole = {text, NULL};
	bool ok = read_all(route, call, add_items, &whole, error);
	g_autoptr(json_t) rest = whole.answer;

	if (!ok)
		return NULL;
	g_string_append_c(text, ']');
	if (json_object_size(rest) > 0) {
		g_autofree char *more = sl_json_text(rest);

		g_string_append_c(text, ',');
		g_string_append(text, more + 1);
	} else {
		g_string_append_c(text, '}');
	}
	return sl_answer_text(call->request, "application/json", text->str);
}
