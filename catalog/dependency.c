#include "catalog/dependency.h"

#include <string.h>

#include "catalog/base/text.h"
#include "catalog/version.h"

static void
alternative_free(gpointer data)
{
	SlAlternative *alternative = data;

	g_free(alternative->name);
	g_free(alternative->version);
	g_free(alternative);
}

void
sl_dependency_free(SlDependency *dependency)
{
	if (!dependency)
		return;
	g_free(dependency->text);
	g_ptr_array_unref(dependency->alternatives);
	g_free(dependency);
}

static bool
refuse(const char *text, GError **error)
{
	g_autofree char *shown = sl_text_escape(text);

	return sl_error_set(error, SL_ERROR_INVALID, "not a dependency: '%s'", shown);
}

static bool
parse_relation(const char *sign, size_t size, SlRelation *ret_relation)
{
	static const struct {
		const char *sign;
		SlRelation relation;
	} signs[] = {
		{"<<", SL_RELATION_LT}, {"<=", SL_RELATION_LE}, {"=", SL_RELATION_EQ},
		{">=", SL_RELATION_GE}, {">>", SL_RELATION_GT}, {"<", SL_RELATION_LE},
		{">", SL_RELATION_GE},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strlen(signs[i].sign) == size && strncmp(signs[i].sign, sign, size) == 0) {
			*ret_relation = signs[i].relation;
			return true;
		}
	return false;
}

/* "(>= 1.2)" */
static bool
parse_version(char *text, SlAlternative *alternative)
{
	size_t size = strlen(text);
	size_t sign;
	char *version;

	if (size < 3 || text[0] != '(' || text[size - 1] != ')')
		return false;
	text[size - 1] = '\0';
	text = g_strstrip(text + 1);
	sign = strspn(text, "<>=");
	if (!parse_relation(text, sign, &alternative->relation))
		return false;
	version = g_strstrip(text + sign);
	if (!sl_version_is_valid(version))
		return false;
	alternative->version = g_strdup(version);
	return true;
}

static SlAlternative *
parse_alternative(const char *text)
{
	g_autofree char *copy = g_strstrip(g_strdup(text));
	char *open = strchr(copy, '(');
	g_autofree char *version = open ? g_strdup(open) : NULL;
	SlAlternative *alternative = g_new0(SlAlternative, 1);
	char *colon;
	bool ok = true;

	if (open)
		*open = '\0';
	g_strstrip(copy);
	colon = strchr(copy, ':');
	if (colon) /* :any and :amd64 say which architecture; all of ours are looked at */
		*colon = '\0';
	if (version)
		ok = parse_version(version, alternative);
	if (!ok || !sl_text_is_name(copy)) {
		alternative_free(alternative);
		return NULL;
	}
	alternative->name = g_strdup(copy);
	return alternative;
}

static SlDependency *
parse_group(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "|", -1);
	SlDependency *dependency = g_new0(SlDependency, 1);

	dependency->text = g_strstrip(g_strdup(text));
	dependency->alternatives = g_ptr_array_new_with_free_func(alternative_free);
	for (char **part = parts; *part; part++) {
		SlAlternative *alternative = parse_alternative(*part);

		if (!alternative) {
			sl_dependency_free(dependency);
			return NULL;
		}
		g_ptr_array_add(dependency->alternatives, alternative);
	}
	return dependency;
}

GPtrArray *
sl_dependency_parse(const char *field, GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_dependency_free);
	g_auto(GStrv) groups = g_strsplit(field, ",", -1);

	for (char **group = groups; *group; group++) {
		SlDependency *dependency;

		if (strspn(*group, " \t\n") == strlen(*group))
			continue; /* a comma at the end */
		dependency = parse_group(*group);
		if (!dependency) {
			refuse(*group, error);
			return NULL;
		}
		g_ptr_array_add(list, dependency);
	}
	return g_steal_pointer(&list);
}

bool
sl_alternative_accepts(const SlAlternative *alternative, const char *version)
{
	int order = alternative->version ? sl_version_compare(version, alternative->version) : 0;

	switch (alternative->relation) {
	case SL_RELATION_LT:
		return order < 0;
	case SL_RELATION_LE:
		return order <= 0;
	case SL_RELATION_EQ:
		return order == 0;
	case SL_RELATION_GE:
		return order >= 0;
	case SL_RELATION_GT:
		return order > 0;
	case SL_RELATION_ANY:
	default:
		return true;
	}
}

static bool
is_provided(const SlAlternative *alternative, const char *provides)
{
	g_autoptr(GPtrArray) list = NULL;

	/* parsing is worth it only when the name is there at all */
	if (!strstr(provides, alternative->name))
		return false;
	list = sl_dependency_parse(provides, NULL);
	for (guint i = 0; list && i < list->len; i++) {
		const SlDependency *entry = list->pdata[i];
		const SlAlternative *provided = entry->alternatives->pdata[0];

		if (strcmp(provided->name, alternative->name) != 0)
			continue;
		if (!alternative->version)
			return true;
		if (provided->version && sl_alternative_accepts(alternative, provided->version))
			return true;
	}
	return false;
}

bool
sl_alternative_matches(const SlAlternative *alternative, const char *name, const char *version,
		       const char *provides)
{
	if (strcmp(alternative->name, name) == 0 && sl_alternative_accepts(alternative, version))
		return true;
	return provides && provides[0] != '\0' && is_provided(alternative, provides);
}
