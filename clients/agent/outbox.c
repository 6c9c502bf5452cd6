#include "clients/agent/outbox.h"

#include <string.h>

#include "catalog/base/fs.h"
#include "catalog/base/json.h"
#include "catalog/base/limits.h"

#define FILE_NAME   "outbox.json"
#define FILE_LIMIT  (8 * 1024 * 1024) /* bytes; 500 results of 4,000 bytes, escaped, fit */
#define MESSAGE_MAX (48 * 1024) /* bytes of results in one message: leaves room for the rest */

struct SlOutbox {
	int dir_fd;	    /* borrowed */
	GPtrArray *results; /* (element-type SlReportResult), oldest first */
};

static SlReportResult *
copy_result(const SlReportResult *from)
{
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup(from->package);
	result->version = g_strdup(from->version);
	result->architecture = g_strdup(from->architecture);
	result->status = g_strdup(from->status);
	result->at = from->at;
	result->message = g_utf8_make_valid(from->message ? from->message : "", -1);
	if (strlen(result->message) > SL_LIMIT_MESSAGE)
		*g_utf8_find_prev_char(result->message, result->message + SL_LIMIT_MESSAGE + 1) =
			'\0';
	return result;
}

static SlReportResult *
read_result(const json_t *json, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "outbox");
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup(sl_json_take_text(reader, "package", SL_LIMIT_PACKAGE_NAME));
	result->version = g_strdup(sl_json_take_text(reader, "version", SL_LIMIT_VERSION));
	result->architecture =
		g_strdup(sl_json_take_text(reader, "architecture", SL_LIMIT_PACKAGE_NAME));
	result->status = g_strdup(sl_json_take_text(reader, "status", SL_LIMIT_NAME));
	result->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	result->message = g_strdup(sl_json_take_text(reader, "message", SL_LIMIT_MESSAGE));
	if (sl_json_finish(reader, error))
		return result;
	sl_report_result_free(result);
	return NULL;
}

static json_t *
result_to_json(const SlReportResult *result)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "package", result->package, "version",
			 result->version, "architecture", result->architecture, "status",
			 result->status, "at", (json_int_t)result->at, "message", result->message);
}

static bool
save(const SlOutbox *outbox, GError **error)
{
	g_autoptr(json_t) json = json_array();
	g_autofree char *text = NULL;

	for (guint i = 0; i < outbox->results->len; i++)
		json_array_append_new(json, result_to_json(outbox->results->pdata[i]));
	text = sl_json_text(json);
	return sl_fs_replace(outbox->dir_fd, FILE_NAME, text, strlen(text), 0600, error);
}

/* Takes what can be read; the first thing that cannot is the problem. */
static void
read_results(SlOutbox *outbox, GBytes *content, GError **ret_lost)
{
	gsize size;
	const char *bytes = g_bytes_get_data(content, &size);
	g_autoptr(json_t) json = sl_json_load(bytes ? bytes : "", size, FILE_LIMIT, ret_lost);
	size_t index;
	json_t *value;

	if (json && !json_is_array(json))
		sl_error_set(ret_lost, SL_ERROR_INVALID, "not a list of results");
	json_array_foreach(json, index, value)
	{
		SlReportResult *result = read_result(value, *ret_lost ? NULL : ret_lost);

		if (result && outbox->results->len < SL_LIMIT_RESULTS)
			g_ptr_array_add(outbox->results, result);
		else
			sl_report_result_free(result);
	}
}

SlOutbox *
sl_outbox_open(int dir_fd, GError **ret_lost, GError **error)
{
	g_autoptr(SlOutbox) outbox = g_new0(SlOutbox, 1);
	g_autoptr(GError) problem = NULL;
	g_autoptr(GError) lost = NULL;
	g_autoptr(GBytes) content = sl_fs_read(dir_fd, FILE_NAME, FILE_LIMIT, &problem);

	outbox->dir_fd = dir_fd;
	outbox->results = sl_report_result_array_new();
	if (g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND))
		return g_steal_pointer(&outbox);
	if (!content) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	read_results(outbox, content, &lost);
	if (lost) {
		g_prefix_error(&lost, FILE_NAME ": left out what cannot be read: ");
		/* said once */
		if (!save(outbox, error))
			return NULL;
		g_propagate_error(ret_lost, g_steal_pointer(&lost));
	}
	return g_steal_pointer(&outbox);
}

static void
forget_older(SlOutbox *outbox, const SlReportResult *newer)
{
	for (guint i = 0; i < outbox->results->len; i++) {
		const SlReportResult *one = outbox->results->pdata[i];

		if (strcmp(one->package, newer->package) == 0 &&
		    strcmp(one->architecture, newer->architecture) == 0) {
			g_ptr_array_remove_index(outbox->results, i);
			return;
		}
	}
}

bool
sl_outbox_add(SlOutbox *outbox, const GPtrArray *results, GError **error)
{
	for (guint i = 0; i < results->len; i++) {
		forget_older(outbox, results->pdata[i]);
		g_ptr_array_add(outbox->results, copy_result(results->pdata[i]));
	}
	if (outbox->results->len > SL_LIMIT_RESULTS)
		g_ptr_array_remove_range(outbox->results, 0,
					 outbox->results->len - SL_LIMIT_RESULTS);
	return results->len == 0 || save(outbox, error);
}

guint
sl_outbox_count(const SlOutbox *outbox)
{
	return outbox->results->len;
}

GPtrArray *
sl_outbox_next(const SlOutbox *outbox)
{
	GPtrArray *chosen = sl_report_result_array_new();
	size_t size = 0;

	for (guint i = 0; i < outbox->results->len; i++) {
		const SlReportResult *result = outbox->results->pdata[i];
		g_autoptr(json_t) json = result_to_json(result);
		g_autofree char *text = sl_json_text(json);

		size += strlen(text) + 1;
		if (size > MESSAGE_MAX && chosen->len > 0)
			break;
		g_ptr_array_add(chosen, copy_result(result));
	}
	return chosen;
}

bool
sl_outbox_delivered(SlOutbox *outbox, guint count, GError **error)
{
	if (count == 0)
		return true;
	g_ptr_array_remove_range(outbox->results, 0, MIN(count, outbox->results->len));
	return save(outbox, error);
}

void
sl_outbox_free(SlOutbox *outbox)
{
	if (!outbox)
		return;
	g_clear_pointer(&outbox->results, g_ptr_array_unref);
	g_free(outbox);
}
