/* Stanzas come out the same however the file is cut into pieces, and as a writer wrote them. */
#include <string.h>

#include "catalog/format/deb822.h"
#include "fuzz.h"

/* What was read: all of it with its sizes, so that no two contents look alike; and as written. */
typedef struct {
	GString *told;
	GString *written;
} Taken;

static void
tell(GString *out, const char *bytes, size_t size)
{
	g_string_append_printf(out, "%zu:", size);
	g_string_append_len(out, bytes, (gssize)size);
}

static bool
take(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	Taken *taken = data;

	(void)error;
	if (stanza->n_fields == 0)
		g_error("a stanza without fields");
	g_string_append_printf(taken->told, "%u fields ", stanza->n_fields);
	for (unsigned i = 0; i < stanza->n_fields; i++) {
		const SlDeb822Field *field = &stanza->fields[i];
		g_autofree char *name = g_strndup(field->name, field->name_size);
		g_autofree char *value = g_strndup(field->value, field->value_size);
		g_autoptr(GError) problem = NULL;

		tell(taken->told, field->name, field->name_size);
		tell(taken->told, field->value, field->value_size);
		/* a line of text alone between blank ones cannot be: it ended the stanza */
		if (!sl_deb822_write(taken->written, name, value, &problem))
			g_error("read but cannot be written: %s", problem->message);
	}
	g_string_append_c(taken->written, '\n');
	return true;
}

static Taken
taken_new(void)
{
	return (Taken){g_string_new(NULL), g_string_new(NULL)};
}

static void
taken_clear(Taken *taken)
{
	g_string_free(taken->told, TRUE);
	g_string_free(taken->written, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Taken, taken_clear)

static bool
read_in_pieces(const char *text, size_t size, size_t piece, Taken *taken)
{
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(take, taken);

	for (size_t i = 0; i < size; i += piece)
		if (!sl_deb822_reader_add(reader, text + i, MIN(piece, size - i), NULL))
			return false;
	return sl_deb822_reader_finish(reader, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_auto(Taken) whole = taken_new();
	g_auto(Taken) pieces = taken_new();
	g_auto(Taken) again = taken_new();
	GError *error = NULL;
	bool ok = sl_deb822_read((const char *)data, size, take, &whole, &error);

	fuzz_check_error(ok, error);
	if (read_in_pieces((const char *)data, size, 1 + size % 7, &pieces) != ok ||
	    (ok && !g_string_equal(whole.told, pieces.told)))
		g_error("pieces make a difference");
	if (ok && (!sl_deb822_read(whole.written->str, whole.written->len, take, &again, NULL) ||
		   !g_string_equal(whole.told, again.told)))
		g_error("written and read back as something else: %s", whole.written->str);
	return 0;
}
