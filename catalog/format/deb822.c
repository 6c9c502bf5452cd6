/* deb822.c - the streaming reader of stanzas and its mirror, the writer of fields */
#include "catalog/format/deb822.h"

#include <string.h>

#include "catalog/base/limits.h"

struct SlDeb822Reader {
	SlDeb822Func func;
	gpointer data;
	GByteArray *kept; /* a stanza's beginning that came with earlier pieces */
	GArray *fields;	  /* (element-type SlDeb822Field) */
	int64_t line;	  /* lines before the stanza under way */
	size_t searched;  /* bytes of kept that hold no end of a stanza */
	bool failed;
};

SlDeb822Reader *
sl_deb822_reader_new(SlDeb822Func func, gpointer data)
{
	SlDeb822Reader *reader = g_new0(SlDeb822Reader, 1);

	reader->func = func;
	reader->data = data;
	reader->kept = g_byte_array_new();
	reader->fields = g_array_new(FALSE, FALSE, sizeof(SlDeb822Field));
	return reader;
}

void
sl_deb822_reader_free(SlDeb822Reader *reader)
{
	if (!reader)
		return;
	g_byte_array_unref(reader->kept);
	g_array_unref(reader->fields);
	g_free(reader);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_blank_line(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!is_blank(line[i]))
			return false;
	}
	return true;
}

static bool
name_is_fit(const char *name, size_t size)
{
	if (size == 0 || name[0] == '#' || name[0] == '-')
		return false;
	for (size_t i = 0; i < size; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
			return false;
	}
	return true;
}

/* narrows to what stands between the blanks; a value that begins on the second line keeps that
 * line's newline and blank */
static void
trim(SlDeb822Field *field)
{
	while (field->value_size > 0 && is_blank(field->value[0])) {
		field->value++;
		field->value_size--;
	}
	while (field->value_size > 0 && (is_blank(field->value[field->value_size - 1]) ||
					 field->value[field->value_size - 1] == '\n'))
		field->value_size--;
}

static bool
same_name(const SlDeb822Field *field, const char *name, size_t size)
{
	return field->name_size == size && g_ascii_strncasecmp(field->name, name, size) == 0;
}

static bool
refuse(GError **error, int64_t line, const char *what)
{
	return sl_error_set(error, SL_ERROR_INVALID, "line %" G_GINT64_FORMAT ": %s", line, what);
}

static bool
begin_field(SlDeb822Reader *reader, const char *line, size_t size, int64_t number, GError **error)
{
	const char *colon = memchr(line, ':', size);
	SlDeb822Field field = {.name = line, .line = line};

	if (!colon)
		return refuse(error, number, "no colon behind a field's name");
	field.name_size = (size_t)(colon - line);
	if (!name_is_fit(line, field.name_size))
		return refuse(error, number, "not a field's name");
	for (guint i = 0; i < reader->fields->len; i++) {
		if (same_name(&g_array_index(reader->fields, SlDeb822Field, i), line,
			      field.name_size))
			return sl_error_set(error, SL_ERROR_INVALID,
					    "line %" G_GINT64_FORMAT ": field %.*s twice", number,
					    (int)MIN(field.name_size, 100), line);
	}
	if (reader->fields->len == SL_DEB822_FIELDS)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "line %" G_GINT64_FORMAT ": stanza of more than %d fields",
				    number, SL_DEB822_FIELDS);
	field.value = colon + 1;
	field.value_size = size - field.name_size - 1;
	field.line_size = size + 1;
	g_array_append_val(reader->fields, field);
	return true;
}

/* takes a stanza's lines apart; `size` ends behind the newline of its last line */
static bool
split_fields(SlDeb822Reader *reader, const char *text, size_t size, int64_t *lines, GError **error)
{
	const char *end = text + size;

	g_array_set_size(reader->fields, 0);
	for (const char *line = text; line < end; (*lines)++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)(newline - line);
		int64_t number = reader->line + *lines + 1;

		if (!is_blank(line[0])) {
			if (!begin_field(reader, line, length, number, error))
				return false;
		} else if (reader->fields->len == 0) {
			return refuse(error, number, "a continuation without a field");
		} else {
			SlDeb822Field *field = &g_array_index(reader->fields, SlDeb822Field,
							      reader->fields->len - 1);

			field->value_size += length + 1;
			field->line_size += length + 1;
		}
		line = newline + 1;
	}
	for (guint i = 0; i < reader->fields->len; i++)
		trim(&g_array_index(reader->fields, SlDeb822Field, i));
	return true;
}

static bool
hand_on(SlDeb822Reader *reader, const char *text, size_t size, GError **error)
{
	SlDeb822Stanza stanza = {.text = text, .text_size = size, .line = reader->line + 1};
	int64_t lines = 0;

	if (size > SL_LIMIT_STANZA)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "line %" G_GINT64_FORMAT ": stanza of more than %d bytes",
				    reader->line + 1, SL_LIMIT_STANZA);
	if (memchr(text, '\0', size))
		return refuse(error, reader->line + 1, "a NUL byte in the stanza");
	if (!split_fields(reader, text, size, &lines, error))
		return false;
	stanza.fields = (const SlDeb822Field *)(void *)reader->fields->data;
	stanza.n_fields = reader->fields->len;
	reader->line += lines;
	return reader->func(&stanza, reader->data, error);
}

/* where the first blank line at or behind `from` begins (`from` begins a line), or NULL */
static const char *
find_blank_line(const char *from, const char *end, const char **ret_next, const char **ret_last)
{
	const char *line = from;
	const char *newline;

	while (line < end && (newline = memchr(line, '\n', (size_t)(end - line)))) {
		if ((*line == '\n' || is_blank(*line)) &&
		    is_blank_line(line, (size_t)(newline - line))) {
			*ret_next = newline + 1;
			return line;
		}
		line = newline + 1;
	}
	*ret_last = line;
	return NULL;
}

/* hands on all whole stanzas; *ret_rest is where the unfinished one begins, *ret_searched how many
 * of its bytes need no second look */
static bool
take_stanzas(SlDeb822Reader *reader, const char *text, size_t size, size_t searched,
	     const char **ret_rest, size_t *ret_searched, GError **error)
{
	const char *end = text + size;
	const char *start = text;
	const char *from = text + searched;
	const char *blank;
	const char *next = NULL;
	const char *last = from;

	while ((blank = find_blank_line(from, end, &next, &last))) {
		if (blank > start && !hand_on(reader, start, (size_t)(blank - start), error))
			return false;
		reader->line++;
		start = from = last = next;
	}
	*ret_rest = start;
	*ret_searched = (size_t)(last - start);
	return true;
}

static bool
add(SlDeb822Reader *reader, const char *bytes, size_t size, GError **error)
{
	const char *text = bytes;
	const char *rest;
	size_t rest_size;

	if (reader->kept->len > 0) {
		g_byte_array_append(reader->kept, (const guint8 *)bytes, (guint)size);
		text = (const char *)reader->kept->data;
		size = reader->kept->len;
	}
	if (!take_stanzas(reader, text, size, reader->searched, &rest, &reader->searched, error))
		return false;
	rest_size = size - (size_t)(rest - text);
	if (rest_size > SL_LIMIT_STANZA)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "line %" G_GINT64_FORMAT ": stanza of more than %d bytes",
				    reader->line + 1, SL_LIMIT_STANZA);
	if (reader->kept->len > 0)
		g_byte_array_remove_range(reader->kept, 0, (guint)(size - rest_size));
	else
		g_byte_array_append(reader->kept, (const guint8 *)rest, (guint)rest_size);
	return true;
}

bool
sl_deb822_reader_add(SlDeb822Reader *reader, const char *bytes, size_t size, GError **error)
{
	const size_t piece = 1024 * 1024;

	if (reader->failed)
		return sl_error_set(error, SL_ERROR_INVALID, "the file was refused before");
	while (size > 0) {
		size_t part = MIN(size, piece);

		if (!add(reader, bytes, part, error)) {
			reader->failed = true;
			return false;
		}
		bytes += part;
		size -= part;
	}
	return true;
}

bool
sl_deb822_reader_finish(SlDeb822Reader *reader, GError **error)
{
	static const char ends[] = "\n\n";
	bool ended = reader->kept->len == 0 || reader->kept->data[reader->kept->len - 1] == '\n';

	return sl_deb822_reader_add(reader, ends, ended ? 1 : 2, error);
}

bool
sl_deb822_read(const char *text, size_t size, SlDeb822Func func, gpointer data, GError **error)
{
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(func, data);

	return sl_deb822_reader_add(reader, text, size, error) &&
	       sl_deb822_reader_finish(reader, error);
}

bool
sl_deb822_is(const SlDeb822Field *field, const char *name)
{
	return same_name(field, name, strlen(name));
}

const SlDeb822Field *
sl_deb822_find(const SlDeb822Stanza *stanza, const char *name)
{
	size_t size = strlen(name);

	for (unsigned i = 0; i < stanza->n_fields; i++) {
		if (same_name(&stanza->fields[i], name, size))
			return &stanza->fields[i];
	}
	return NULL;
}

char *
sl_deb822_text(const SlDeb822Stanza *stanza, const char *name)
{
	const SlDeb822Field *field = sl_deb822_find(stanza, name);

	return field ? g_strndup(field->value, field->value_size) : NULL;
}

/* what the reader would give back for it is the value itself */
static bool
value_is_fit(const char *value)
{
	size_t size = strlen(value);

	if (size == 0)
		return true;
	if (is_blank(value[0]) || is_blank(value[size - 1]) || value[size - 1] == '\n')
		return false;
	for (const char *newline = strchr(value, '\n'); newline;
	     newline = strchr(newline + 1, '\n')) {
		size_t length = strcspn(newline + 1, "\n");

		if (!is_blank(newline[1]) || is_blank_line(newline + 1, length))
			return false;
	}
	return true;
}

bool
sl_deb822_write(GString *out, const char *name, const char *value, GError **error)
{
	if (!name_is_fit(name, strlen(name)))
		return sl_error_set(error, SL_ERROR_INVALID, "\"%s\" is not a field's name", name);
	if (!value_is_fit(value))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "field %s: the value cannot be written as a field", name);
	g_string_append(out, name);
	g_string_append_c(out, ':');
	if (value[0] != '\0' && value[0] != '\n')
		g_string_append_c(out, ' ');
	g_string_append(out, value);
	g_string_append_c(out, '\n');
	return true;
}
