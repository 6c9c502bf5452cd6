/* report_read.c - messages from outside: strict members, bounded, refused whole */
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/base/json.h"
#include "catalog/base/text.h"
#include "clients/report.h"
#include "clients/report_private.h"

#define KEY	     (16 * 1024) /* bytes of an armoured public key; Ed25519's has 700 */
#define SOURCES	     64		 /* suites of one system */
#define PACKAGE_TEXT (2 * SL_LIMIT_PACKAGE_NAME + SL_LIMIT_VERSION)

/* One line of text; what it means is nobody's business before a person reads it. */
static char *
take_line(SlJsonReader *reader, const char *key, size_t limit)
{
	const char *text = sl_json_take_text(reader, key, limit);

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f) {
			sl_json_refuse(reader, key, "has a control character");
			break;
		}
	return g_strdup(text);
}

/* Names separated by single blanks; empty where there may be none. */
static char *
take_names(SlJsonReader *reader, const char *key)
{
	const char *text = sl_json_take_text(reader, key, SL_REPORT_LIST);
	g_auto(GStrv) names = g_strsplit(text, " ", -1);

	for (char **name = names; *name; name++)
		if (!sl_text_is_name(*name)) {
			sl_json_refuse(reader, key, "not names separated by single blanks");
			break;
		}
	return g_strdup(text);
}

static char *
take_name(SlJsonReader *reader, const char *key)
{
	const char *text = sl_json_take_text(reader, key, SL_LIMIT_PACKAGE_NAME);

	if (!sl_text_is_name(text))
		sl_json_refuse(reader, key, "not a name");
	return g_strdup(text);
}

static char *
take_sha256(SlJsonReader *reader, const char *key)
{
	const char *text = sl_json_take_text(reader, key, SL_SHA256_HEX);

	if (!sl_text_is_sha256(text))
		sl_json_refuse(reader, key, "not a SHA-256 in lower-case hexadecimal");
	return g_strdup(text);
}

static char *
take_one_of(SlJsonReader *reader, const char *key, const char *const *choices)
{
	const char *text = sl_json_take_text(reader, key, SL_REPORT_SHORT);

	if (!g_strv_contains(choices, text))
		sl_json_refuse(reader, key, "not one of the words it may be");
	return g_strdup(text);
}

/* Reads a part of its own; its failure becomes that of the whole. */
static bool
finish_part(SlJsonReader *whole, const char *key, SlJsonReader *part)
{
	g_autoptr(GError) problem = NULL;

	if (sl_json_finish(part, &problem))
		return true;
	sl_json_refuse(whole, key, problem->message);
	return false;
}

static void
take_facts(SlJsonReader *whole, SlReportFacts *facts)
{
	const json_t *object = sl_json_take_object(whole, "facts");
	g_autoptr(SlJsonReader) reader = NULL;

	if (!object)
		return;
	reader = sl_json_reader_new(object, "facts");
	facts->name = take_line(reader, "name", SL_LIMIT_HOST_NAME);
	facts->os_id = take_line(reader, "os_id", SL_REPORT_SHORT);
	facts->os_codename = take_line(reader, "os_codename", SL_REPORT_SHORT);
	facts->os_version = take_line(reader, "os_version", SL_REPORT_SHORT);
	facts->architectures = take_names(reader, "architectures");
	facts->kernel = take_line(reader, "kernel", SL_REPORT_SHORT);
	facts->agent = take_line(reader, "agent", SL_REPORT_SHORT);
	finish_part(whole, "facts", reader);
}

static void
take_key(SlJsonReader *reader, const char *key, uint8_t *ret_bytes, size_t size)
{
	const char *text = sl_json_take_text(reader, key, SL_REPORT_SHORT);

	if (!sl_seal_unbase64(text, ret_bytes, size, NULL))
		sl_json_refuse(reader, key, "not a public key in base64");
}

static void
take_keys(SlJsonReader *reader, SlSealPublic *keys)
{
	take_key(reader, "sign", keys->sign, sizeof keys->sign);
	take_key(reader, "box", keys->box, sizeof keys->box);
}

SlEnrollment *
sl_enrollment_read(const char *body, size_t size, GError **error)
{
	g_autoptr(json_t) json = sl_json_load(body, size, SL_LIMIT_CHECKIN, error);
	g_autoptr(SlEnrollment) enrollment = NULL;
	g_autoptr(SlJsonReader) reader = NULL;

	if (!json)
		return NULL;
	enrollment = sl_enrollment_new();
	reader = sl_json_reader_new(json, "enrolment");
	enrollment->token = take_line(reader, "token", SL_REPORT_SHORT);
	take_keys(reader, &enrollment->keys);
	enrollment->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	take_facts(reader, &enrollment->facts);
	return sl_json_finish(reader, error) ? g_steal_pointer(&enrollment) : NULL;
}

static SlReportPackage *
read_package(const json_t *json)
{
	const char *text = json_string_value(json);
	g_auto(GStrv) parts = NULL;

	if (!text || json_string_length(json) > PACKAGE_TEXT)
		return NULL;
	parts = g_strsplit(text, " ", 4);
	if (g_strv_length(parts) != 3 || !sl_text_is_name(parts[0]) || !sl_text_is_name(parts[1]) ||
	    !sl_text_is_name(parts[2]))
		return NULL;
	return sl_report_package_new(parts[0], parts[1], parts[2]);
}

static bool
has_twins(const GPtrArray *sorted)
{
	for (guint i = 1; i < sorted->len; i++)
		if (sl_report_package_compare(sorted->pdata[i - 1], sorted->pdata[i]) == 0)
			return true;
	return false;
}

static void
take_packages(SlJsonReader *reader, SlCheckin *checkin)
{
	const json_t *array = sl_json_take_array_or_null(reader, "packages", SL_LIMIT_INVENTORY);
	g_autofree char *digest = NULL;
	size_t index;
	json_t *value;

	if (!array)
		return;
	checkin->packages = sl_report_package_array_new();
	json_array_foreach(array, index, value)
	{
		SlReportPackage *package = read_package(value);

		if (!package) {
			sl_json_refuse(reader, "packages", "a member is not \"NAME VERSION ARCH\"");
			return;
		}
		g_ptr_array_add(checkin->packages, package);
	}
	digest = sl_report_inventory_digest(checkin->packages);
	if (has_twins(checkin->packages))
		sl_json_refuse(reader, "packages", "a member is there twice");
	else if (strcmp(digest, checkin->inventory) != 0)
		sl_json_refuse(reader, "inventory", "not the digest of the packages");
}

static SlReportResult *
read_result(SlJsonReader *whole, const json_t *json)
{
	static const char *const statuses[] = {"installed", "downloaded", "pending-reboot",
					       "failed", NULL};
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "result");
	SlReportResult *result = sl_report_result_new();

	result->package = take_name(reader, "package");
	result->version = take_name(reader, "version");
	result->architecture = take_name(reader, "architecture");
	result->status = take_one_of(reader, "status", statuses);
	result->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	result->message = g_strdup(sl_json_take_text(reader, "message", SL_LIMIT_MESSAGE));
	finish_part(whole, "results", reader);
	return result;
}

static GPtrArray *
take_results(SlJsonReader *reader)
{
	const json_t *array = sl_json_take_array(reader, "results", SL_LIMIT_RESULTS);
	GPtrArray *results = sl_report_result_array_new();
	size_t index;
	json_t *value;

	json_array_foreach(array, index, value)
		g_ptr_array_add(results, read_result(reader, value));
	return results;
}

SlCheckin *
sl_checkin_read(const char *body, size_t size, GError **error)
{
	g_autoptr(json_t) json = sl_json_load(body, size, SL_LIMIT_CHECKIN, error);
	g_autoptr(SlCheckin) checkin = NULL;
	g_autoptr(SlJsonReader) reader = NULL;

	if (!json)
		return NULL;
	checkin = g_new0(SlCheckin, 1);
	reader = sl_json_reader_new(json, "check-in");
	checkin->counter = sl_json_take_int(reader, "counter", 1, INT64_MAX);
	checkin->epoch = sl_json_take_int(reader, "epoch", 0, INT64_MAX);
	checkin->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	checkin->pointer = sl_json_take_int(reader, "pointer", 0, INT64_MAX);
	checkin->reboot = sl_json_take_bool(reader, "reboot");
	checkin->leaving = sl_json_take_bool(reader, "leaving");
	take_facts(reader, &checkin->facts);
	checkin->problem = g_strdup(sl_json_take_text_or_null(reader, "problem", SL_LIMIT_MESSAGE));
	checkin->inventory = take_sha256(reader, "inventory");
	take_packages(reader, checkin);
	checkin->results = take_results(reader);
	return sl_json_finish(reader, error) ? g_steal_pointer(&checkin) : NULL;
}

static SlAnswerSource *
read_source(SlJsonReader *whole, const json_t *json)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "source");
	SlAnswerSource *source = g_new0(SlAnswerSource, 1);

	source->suite = take_line(reader, "suite", SL_REPORT_SHORT);
	source->components = take_names(reader, "components");
	source->architectures = take_names(reader, "architectures");
	finish_part(whole, "sources", reader);
	return source;
}

static GPtrArray *
take_sources(SlJsonReader *reader)
{
	const json_t *array = sl_json_take_array(reader, "sources", SOURCES);
	GPtrArray *sources = sl_answer_source_array_new();
	size_t index;
	json_t *value;

	json_array_foreach(array, index, value)
		g_ptr_array_add(sources, read_source(reader, value));
	return sources;
}

SlAnswer *
sl_answer_read(const char *body, size_t size, GError **error)
{
	static const char *const states[] = {"active", "pending", "stale", "epoch", NULL};
	g_autoptr(json_t) json = sl_json_load(body, size, SL_LIMIT_ANSWER, error);
	g_autoptr(SlAnswer) answer = NULL;
	g_autoptr(SlJsonReader) reader = NULL;

	if (!json)
		return NULL;
	answer = g_new0(SlAnswer, 1);
	reader = sl_json_reader_new(json, "answer");
	answer->request = take_sha256(reader, "request");
	answer->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	answer->state = take_one_of(reader, "state", states);
	answer->computer = sl_json_take_int(reader, "computer", 0, INT64_MAX);
	answer->counter = sl_json_take_int(reader, "counter", 0, INT64_MAX);
	answer->epoch = sl_json_take_int(reader, "epoch", 0, INT64_MAX);
	answer->pointer = sl_json_take_int(reader, "pointer", 0, INT64_MAX);
	answer->want_inventory = sl_json_take_bool(reader, "want_inventory");
	answer->conflict = sl_json_take_bool(reader, "conflict");
	answer->interval_s = sl_json_take_int(reader, "interval_s", 1, INT32_MAX);
	answer->group = take_line(reader, "group", SL_LIMIT_NAME);
	answer->channel = take_line(reader, "channel", SL_LIMIT_NAME);
	answer->key = g_strdup(sl_json_take_text(reader, "key", KEY));
	answer->sources = take_sources(reader);
	return sl_json_finish(reader, error) ? g_steal_pointer(&answer) : NULL;
}

bool
sl_report_read_keys(const char *body, size_t size, char **ret_server_id, SlSealPublic *ret_keys,
		    GError **error)
{
	g_autoptr(json_t) json = sl_json_load(body, size, SL_LIMIT_ANSWER, error);
	g_autoptr(SlJsonReader) reader = NULL;
	g_autofree char *server_id = NULL;
	SlSealPublic keys = {0};

	if (!json)
		return false;
	reader = sl_json_reader_new(json, "server keys");
	server_id = take_line(reader, "server_id", SL_REPORT_SHORT);
	take_keys(reader, &keys);
	if (!sl_json_finish(reader, error))
		return false;
	*ret_server_id = g_steal_pointer(&server_id);
	*ret_keys = keys;
	return true;
}
