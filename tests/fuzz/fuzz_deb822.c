/* Stanzas come out the same however the file is cut into pieces, and as a writer wrote them. */
#include <string.h>

#include "catalog/format/deb822.h"
#include "fuzz.h"

/* writes a stanza's fields down again */
static bool
take(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	GString *out = data;

	(void)error;
	if (stanza->n_fields == 0)
		g_error("a stanza without fields");
	for (unsigned i = 0; i < stanza->n_fields; i++) {
		const SlDeb822Field *field = &stanza->fields[i];
		g_autofree char *name = g_strndup(field->name, field->name_size);
		g_autofree char *value = g_strndup(field->value, field->value_size);
		g_autoptr(GError) problem = NULL;

		/* a line of text alone between blank ones cannot be: it ended the stanza */
		if (!sl_deb822_write(out, name, value, &problem))
			g_error("read but cannot be written: %s", problem->message);
	}
	g_string_append_c(out, '\n');
	return true;
}

static bool
read_in_pieces(const char *text, size_t size, size_t piece, GString *out)
{
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(take, out);

	for (size_t i = 0; i < size; i += piece)
		if (!sl_deb822_reader_add(reader, text + i, MIN(piece, size - i), NULL))
			return false;
	return sl_deb822_reader_finish(reader, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) whole = g_string_new(NULL);
	g_autoptr(GString) pieces = g_string_new(NULL);
	g_autoptr(GString) again = g_string_new(NULL);
	GError *error = NULL;
	bool ok = sl_deb822_read((const char *)data, size, take, whole, &error);

	fuzz_check_error(ok, error);
	if (read_in_pieces((const char *)data, size, 1 + size % 7, pieces) != ok ||
	    (ok && !g_string_equal(whole, pieces)))
		g_error("pieces make a difference");
	if (ok && (!sl_deb822_read(whole->str, whole->len, take, again, NULL) ||
		   !g_string_equal(whole, again)))
		g_error("written and read back as something else: %s", whole->str);
	return 0;
}
