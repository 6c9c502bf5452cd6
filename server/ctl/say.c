/* say.c - what sluicectl says of what was done, and asks before it */
#include <stdio.h>

#include "catalog/base/command_line.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

bool
sl_ctl_confirm(const SlCtl *ctl, const char *question, GError **error)
{
	return ctl->yes || sl_confirm(question, error);
}

bool
sl_ctl_done(const SlCtl *ctl, json_t *answer, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *shown = NULL;
	va_list args;

	if (!answer || ctl->json)
		return sl_list_print_one(ctl, answer);
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	shown = sl_text_escape_message(text);
	puts(shown);
	json_decref(answer);
	return true;
}
