#include "server/http/conditional.h"

#include <glib.h>
#include <string.h>

#include "catalog/base/text.h"

void
sl_conditional_format_date(int64_t at, char *ret_text)
{
	g_autofree char *mail = sl_text_format_mail_date(at);
	size_t size = strlen(mail);

	/* HTTP says GMT where mail says UTC */
	if (size > 3)
		memcpy(mail + size - 3, "GMT", 3);
	g_strlcpy(ret_text, mail, 30);
}

/* Whether a list of tags names this one; weak comparison, as If-None-Match asks. */
static bool
names_tag(const char *list, const char *etag)
{
	const char *found = list;
	size_t size = strlen(etag);

	if (strcmp(list, "*") == 0)
		return true;
	while ((found = strstr(found, etag))) {
		char after = found[size];

		if ((found == list || strchr(" ,/", found[-1])) &&
		    (after == '\0' || after == ',' || after == ' '))
			return true;
		found += size;
	}
	return false;
}

bool
sl_conditional_is_fresh(const char *none_match, const char *modified_since, const char *etag,
			int64_t changed_at)
{
	int64_t since_at;

	if (none_match)
		return names_tag(none_match, etag);
	return modified_since && sl_text_mail_date(modified_since, &since_at, NULL) &&
	       changed_at <= since_at;
}

bool
sl_conditional_allows_range(const char *if_range, const char *etag, int64_t changed_at)
{
	int64_t at;

	if (!if_range)
		return true;
	if (if_range[0] == '"')
		return strcmp(if_range, etag) == 0;
	return sl_text_mail_date(if_range, &at, NULL) && at == changed_at;
}
