/* A Depends field is read into names and versions that are fit, or refused. */
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/dependency.h"
#include "catalog/version.h"
#include "fuzz.h"

static void
check(const SlAlternative *alternative)
{
	if (!sl_text_is_name(alternative->name))
		g_error("name \"%s\"", alternative->name);
	if ((alternative->version == NULL) != (alternative->relation == SL_RELATION_ANY))
		g_error("%s: a relation without a version, or the reverse", alternative->name);
	if (alternative->version && !sl_version_is_valid(alternative->version))
		g_error("version \"%s\"", alternative->version);
	if (alternative->relation == SL_RELATION_EQ &&
	    !sl_alternative_accepts(alternative, alternative->version))
		g_error("%s is not what it is", alternative->version);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *field = g_strndup((const char *)data, size);
	GError *error = NULL;
	g_autoptr(GPtrArray) list = sl_dependency_parse(field, &error);

	fuzz_check_error(list != NULL, error);
	for (guint i = 0; list && i < list->len; i++) {
		const SlDependency *group = list->pdata[i];
		g_autoptr(GPtrArray) again = sl_dependency_parse(group->text, NULL);

		if (group->alternatives->len == 0 || !again || again->len != 1)
			g_error("\"%s\" is not read again", group->text);
		for (guint j = 0; j < group->alternatives->len; j++) {
			const SlAlternative *alternative = group->alternatives->pdata[j];

			check(alternative);
			sl_alternative_matches(alternative, "other", "1", field);
		}
	}
	return 0;
}
