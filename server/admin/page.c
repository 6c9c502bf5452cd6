#include "server/admin/page.h"

#include <gio/gio.h>
#include <string.h>

#include "server/admin/answer.h"
#include "www/page_files.h"

#define ROOT  "/www/"
#define INDEX "index.html"
#define LEVEL 9 /* of compression: once, at the start */

typedef struct {
	const char *type;
	GBytes *plain; /* (owned) */
	GBytes *gzip;  /* (owned) */
} File;

struct SlPage {
	GResource *resource; /* (owned) */
	GHashTable *files;   /* (owned, key-type utf8, value-type File): by name, "parts/dom.js" */
};

static void
file_free(gpointer data)
{
	File *file = data;

	g_bytes_unref(file->plain);
	g_bytes_unref(file->gzip);
	g_free(file);
}

static const char *
type_of(const char *name)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".svg", "image/svg+xml"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_suffix(name, types[i][0]))
			return types[i][1];
	g_error("page: no content type for %s", name);
}

static GBytes *
compress(GBytes *plain)
{
	g_autoptr(GZlibCompressor) gzip =
		g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, LEVEL);
	g_autoptr(GInputStream) bytes = g_memory_input_stream_new_from_bytes(plain);
	g_autoptr(GInputStream) from = g_converter_input_stream_new(bytes, G_CONVERTER(gzip));
	g_autoptr(GOutputStream) to = g_memory_output_stream_new_resizable();
	g_autoptr(GError) error = NULL;

	if (g_output_stream_splice(to, from, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error) < 0)
		g_error("page: %s", error->message);
	return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(to));
}

/* Takes a folder's files, and its folders'. */
static void
take_folder(SlPage *page, const char *folder)
{
	g_auto(GStrv) names = g_resource_enumerate_children(page->resource, folder, 0, NULL);

	for (char **name = names; name && *name; name++) {
		g_autofree char *path = g_strconcat(folder, *name, NULL);
		File *file;

		if (g_str_has_suffix(path, "/")) {
			take_folder(page, path);
			continue;
		}
		file = g_new0(File, 1);
		file->type = type_of(path);
		file->plain = g_resource_lookup_data(page->resource, path, 0, NULL);
		file->gzip = compress(file->plain);
		g_hash_table_insert(page->files, g_strdup(path + strlen(ROOT)), file);
	}
}

SlPage *
sl_page_new(void)
{
	SlPage *page = g_new0(SlPage, 1);

	page->resource = g_resource_ref(sl_page_files_get_resource());
	page->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
	take_folder(page, ROOT);
	return page;
}

void
sl_page_free(SlPage *page)
{
	if (!page)
		return;
	g_hash_table_unref(page->files);
	g_resource_unref(page->resource);
	g_free(page);
}

/* RFC 9110, 12.5.3, as far as it goes for one coding: named, and not with a weight of 0. */
static bool
takes_gzip(const char *accepted)
{
	g_auto(GStrv) codings = g_strsplit(accepted ? accepted : "", ",", -1);

	for (char **coding = codings; *coding; coding++) {
		g_auto(GStrv) parts = g_strsplit(*coding, ";", 2);
		const char *weight = parts[0] && parts[1] ? g_strstrip(parts[1]) : "q=1";

		if (parts[0] && g_ascii_strcasecmp(g_strstrip(parts[0]), "gzip") == 0)
			return strspn(weight, "qQ=0. ") < strlen(weight);
	}
	return false;
}

SlResponse *
sl_page_answer(const SlPage *page, const SlRequest *request)
{
	const char *path = sl_request_path(request) + 1;
	const char *method = sl_request_method(request);
	const File *file = g_hash_table_lookup(page->files, *path ? path : INDEX);
	bool gzip = takes_gzip(sl_request_header(request, "Accept-Encoding"));
	SlResponse *response;
	const void *bytes;
	gsize size;

	if (!file)
		return NULL;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		response = sl_answer_problem(NULL, 405, "not-allowed", "the page can only be read");
		sl_response_header(response, "Allow", "GET, HEAD");
		return response;
	}
	bytes = g_bytes_get_data(gzip ? file->gzip : file->plain, &size);
	response = sl_response_new(200, file->type, bytes, size);
	sl_response_header(response, "Vary", "Accept-Encoding");
	if (gzip)
		sl_response_header(response, "Content-Encoding", "gzip");
	return response;
}
