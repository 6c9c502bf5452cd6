/* openapi.c - the description of the whole API, for programs (OpenAPI 3.1)
 *
 * It is made at build time from openapi/, one file for each noun; tests/integration/test_openapi.py
 * holds it against the table of routes and against real answers.
 */
#include <string.h>

#include "server/admin/admin.h"
#include "server/admin/answer.h"

extern const char sl_admin_openapi_json[];

json_t *
sl_admin_openapi(SlAdminCall *call, GError **error)
{
	(void)error;
	call->file = sl_answer_text(call->request, "application/json", sl_admin_openapi_json);
	return json_object();
}

/* What one of a list's rows is; of several kinds, the usual one. Borrowed from the document. */
static const json_t *
row_of(json_t *document, const char *path)
{
	g_autofree char *key = g_strconcat("/", path, NULL);
	const char *reference = NULL;
	json_t *row = NULL;

	if (json_unpack(document, "{s:{s:{s:{s:{s:{s:{s:{s:{s:{s:{s:o}}}}}}}}}}}", "paths", key,
			"get", "responses", "200", "content", "application/json", "schema",
			"properties", "items", "items", &row) < 0)
		return NULL;
	if (json_object_get(row, "anyOf"))
		row = json_array_get(json_object_get(row, "anyOf"), 0);
	reference = json_string_value(json_object_get(row, "$ref"));
	if (!reference)
		return row;
	row = json_object_get(json_object_get(document, "components"), "schemas");
	return json_object_get(row, strrchr(reference, '/') + 1);
}

char **
sl_admin_openapi_members(const char *path)
{
	g_autoptr(json_t) document = json_loads(sl_admin_openapi_json, 0, NULL);
	const json_t *required = json_object_get(row_of(document, path), "required");
	char **names = g_new0(char *, json_array_size(required) + 1);

	for (size_t i = 0; i < json_array_size(required); i++)
		names[i] = g_strdup(json_string_value(json_array_get(required, i)));
	return names;
}
