/* Runs a fuzz target over its corpus and a bounded number of mutations, the same each time.
 *
 *   TARGET DIRECTORY RUNS [FILE...]
 *
 * Large files besides the directory's are run as they are.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define SEED 20261122

static void
flip(GRand *rand, GByteArray *bytes)
{
	bytes->data[g_rand_int_range(rand, 0, (gint32)bytes->len)] ^=
		(guint8)(1 << g_rand_int_range(rand, 0, 8));
}

static void
replace(GRand *rand, GByteArray *bytes)
{
	static const char interesting[] = "\0\n\r\t :;,./%-+~\"'\\[]{}()<>=0198aA\x7f\x80\xff";

	bytes->data[g_rand_int_range(rand, 0, (gint32)bytes->len)] =
		(guint8)interesting[g_rand_int_range(rand, 0, sizeof interesting - 1)];
}

static void
cut(GRand *rand, GByteArray *bytes)
{
	guint first = (guint)g_rand_int_range(rand, 0, (gint32)bytes->len);
	guint size = (guint)g_rand_int_range(rand, 1, 65);

	g_byte_array_remove_range(bytes, first, MIN(size, bytes->len - first));
}

/* copies a piece of the input behind itself, or to its end */
static void
repeat(GRand *rand, GByteArray *bytes)
{
	guint first = (guint)g_rand_int_range(rand, 0, (gint32)bytes->len);
	guint wanted = (guint)g_rand_int_range(rand, 1, 65);
	guint size = MIN(bytes->len - first, wanted);
	g_autofree guint8 *piece = g_memdup2(bytes->data + first, size);

	g_byte_array_append(bytes, piece, size);
}

static void
mutate(GRand *rand, GByteArray *bytes)
{
	static void (*const changes[])(GRand *, GByteArray *) = {flip, replace, cut, repeat};

	for (gint32 n = g_rand_int_range(rand, 1, 5); n > 0; n--) {
		if (bytes->len == 0)
			g_byte_array_append(bytes, (const guint8 *)"0", 1);
		changes[g_rand_int_range(rand, 0, G_N_ELEMENTS(changes))](rand, bytes);
	}
}

/* hands the target a block of exactly this size, so that a byte too far is noticed */
static void
run(const void *bytes, size_t size)
{
	g_autofree uint8_t *copy = g_memdup2(bytes, size);

	/* an empty input is a pointer to nothing, not none */
	LLVMFuzzerTestOneInput(copy ? copy : (const uint8_t *)"", size);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GBytes *
load_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	char *bytes;
	gsize size;

	if (!g_file_get_contents(path, &bytes, &size, &error))
		g_error("%s", error->message);
	return g_bytes_new_take(bytes, size);
}

static GPtrArray *
load(const char *path)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
	const char *name;

	if (!dir)
		g_error("%s", error->message);
	while ((name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++)
		g_ptr_array_add(files, load_file(names->pdata[i]));
	return g_steal_pointer(&files);
}

int
main(int argc, char **argv)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
	g_autoptr(GPtrArray) files = NULL;
	guint runs;

	if (argc < 3) {
		fprintf(stderr, "usage: %s DIRECTORY RUNS [FILE...]\n", argv[0]);
		return 2;
	}
	runs = (guint)g_ascii_strtoull(argv[2], NULL, 10);
	files = load(argv[1]);
	if (files->len == 0 || runs == 0)
		g_error("%s: nothing to run", argv[1]);
	run("", 0);
	for (guint i = 0; i < files->len; i++)
		run(g_bytes_get_data(files->pdata[i], NULL), g_bytes_get_size(files->pdata[i]));
	for (int i = 3; i < argc; i++) {
		g_autoptr(GBytes) file = load_file(argv[i]);

		run(g_bytes_get_data(file, NULL), g_bytes_get_size(file));
	}
	for (guint i = 0; i < runs; i++) {
		g_autoptr(GByteArray) bytes = g_byte_array_new();
		GBytes *file = files->pdata[i % files->len];

		g_byte_array_append(bytes, g_bytes_get_data(file, NULL),
				    (guint)g_bytes_get_size(file));
		mutate(rand, bytes);
		run(bytes->data, bytes->len);
	}
	printf("%u files, %u mutations\n", files->len + (guint)argc - 3, runs);
	return 0;
}
