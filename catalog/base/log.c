#include "catalog/base/log.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"

#define PIECE 60 /* bytes: escaped they stay below what one sl_text_escape takes */

/* Bytes of the next piece; a character is not cut in two. */
static size_t
piece_size(const char *text, size_t left)
{
	size_t size = MIN(left, PIECE);

	while (size > 1 && size < left && ((unsigned char)text[size] & 0xc0) == 0x80 &&
	       size > PIECE - 4)
		size--;
	return size;
}

char *
sl_log_format(const char *message)
{
	GString *line = g_string_new(NULL);
	size_t left = strlen(message);

	while (left > 0 && line->len < SL_LOG_LINE) {
		size_t size = piece_size(message, left);
		g_autofree char *shown = sl_text_escape_bytes(message, size);

		g_string_append(line, shown);
		message += size;
		left -= size;
	}
	if (left > 0)
		g_string_append(line, "...");
	return g_string_free(line, FALSE);
}

void
sl_log_line(const char *program, const char *message)
{
	g_autofree char *line = sl_log_format(message);

	fprintf(stderr, "%s: %s\n", program, line);
}

/* syslog's number for journald, which takes it off again */
static int
priority(GLogLevelFlags level)
{
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
		return 3;
	return level & G_LOG_LEVEL_WARNING ? 4 : 6;
}

static GLogWriterOutput
write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer program)
{
	if (level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO))
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < count; i++) {
		if (strcmp(fields[i].key, "MESSAGE") != 0 || fields[i].length >= 0)
			continue;
		if (g_getenv("JOURNAL_STREAM"))
			fprintf(stderr, "<%d>", priority(level));
		sl_log_line(program, fields[i].value);
	}
	return G_LOG_WRITER_HANDLED;
}

void
sl_log_start(const char *program)
{
	g_log_set_writer_func(write_line, (gpointer)program, NULL);
}
