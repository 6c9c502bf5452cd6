/* replay.c - runs a fuzz target without libFuzzer: every seed, then seeds with changes
 *
 * usage: fuzz_X SEEDS [CHANGES]. Changes are made from a fixed seed, so a failure comes again. With
 * -Dfuzzing=true and clang the targets are linked with libFuzzer instead of this.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define CHANGES 4000 /* inputs made of each seed */
#define EDITS	6    /* at most, in one of them */

static const char *const words[] = {"\"",   "\\u0000", "[",    "]",	  "{",
				    "}",    ",",       "\xff", "-1",	  "9223372036854775808",
				    "null", "1e9",     "\n",   "\0\0\0\0"};

static void
edit(GByteArray *input, GRand *dice)
{
	guint at = (guint)g_rand_int_range(dice, 0, (gint32)input->len + 1);
	const char *word = words[g_rand_int_range(dice, 0, G_N_ELEMENTS(words))];
	guint size = MAX((guint)strlen(word), 1);

	switch (g_rand_int_range(dice, 0, 4)) {
	case 0: /* cut off */
		g_byte_array_set_size(input, at);
		break;
	case 1: /* put in */
		g_byte_array_set_size(input, input->len + size);
		memmove(input->data + at + size, input->data + at, input->len - size - at);
		memcpy(input->data + at, word, size);
		break;
	case 2: /* take out */
		size = (guint)g_rand_int_range(dice, 1, 20);
		size = MIN(size, input->len - at);
		if (size > 0)
			g_byte_array_remove_range(input, at, size);
		break;
	default: /* change a bit */
		if (at < input->len)
			input->data[at] ^= (guint8)(1 << g_rand_int_range(dice, 0, 8));
	}
}

/* From a copy of exactly its size, so that reading beyond the end is seen. */
static void
feed(const guint8 *bytes, gsize size)
{
	g_autofree guint8 *copy = g_memdup2(bytes, size);

	LLVMFuzzerTestOneInput(copy ? copy : (const guint8 *)"", size);
}

static void
replay(const char *seed, gsize size, int changes, GRand *dice)
{
	feed((const guint8 *)seed, size);
	for (int i = 0; i < changes; i++) {
		g_autoptr(GByteArray) input = g_byte_array_new();

		g_byte_array_append(input, (const guint8 *)seed, (guint)size);
		for (int edits = g_rand_int_range(dice, 1, EDITS + 1); edits > 0; edits--)
			edit(input, dice);
		feed(input->data, input->len);
	}
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) folder = argc > 1 ? g_dir_open(argv[1], 0, &error) : NULL;
	g_autoptr(GRand) dice = g_rand_new_with_seed(20261125);
	int changes = argc > 2 ? (int)g_ascii_strtoll(argv[2], NULL, 10) : CHANGES;
	int seeds = 0;

	for (const char *name; folder && (name = g_dir_read_name(folder)); seeds++) {
		g_autofree char *path = g_build_filename(argv[1], name, NULL);
		g_autofree char *seed = NULL;
		gsize size;

		if (!g_file_get_contents(path, &seed, &size, &error))
			break;
		replay(seed, size, changes, dice);
	}
	if (error || seeds == 0) {
		fprintf(stderr, "%s: %s\n", argv[0], error ? error->message : "no seeds");
		return 1;
	}
	printf("%d seeds, %d changed inputs of each\n", seeds, changes);
	return 0;
}
