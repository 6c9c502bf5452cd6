#include "clients/report.h"

#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/base/json.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"

#define PROBLEM	     1000	 /* bytes: with it a message is of the smallest size still */
#define SHORT	     200	 /* bytes of one fact: "6.1.0-37-amd64" */
#define LIST	     400	 /* bytes of architectures, components */
#define KEY	     (16 * 1024) /* bytes of an armoured public key; Ed25519's has 700 */
#define SOURCES	     64		 /* suites of one system */
#define PACKAGE_TEXT (2 * SL_LIMIT_PACKAGE_NAME + SL_LIMIT_VERSION)

SlReportPackage *
sl_report_package_new(const char *name, const char *version, const char *architecture)
{
	SlReportPackage *package = g_new0(SlReportPackage, 1);

	package->name = g_strdup(name);
	package->version = g_strdup(version);
	package->architecture = g_strdup(architecture);
	return package;
}

void
sl_report_package_free(SlReportPackage *package)
{
	if (!package)
		return;
	g_free(package->name);
	g_free(package->version);
	g_free(package->architecture);
	g_free(package);
}

GPtrArray *
sl_report_package_array_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)sl_report_package_free);
}

static int
compare_packages(gconstpointer a, gconstpointer b)
{
	const SlReportPackage *left = *(SlReportPackage *const *)a;
	const SlReportPackage *right = *(SlReportPackage *const *)b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = strcmp(left->version, right->version);
	return order != 0 ? order : strcmp(left->architecture, right->architecture);
}

char *
sl_report_inventory_digest(GPtrArray *packages)
{
	g_autoptr(SlHash) hash = sl_hash_new();

	g_ptr_array_sort(packages, compare_packages);
	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *package = packages->pdata[i];

		sl_hash_add(hash, package->name, strlen(package->name));
		sl_hash_add(hash, "\t", 1);
		sl_hash_add(hash, package->version, strlen(package->version));
		sl_hash_add(hash, "\t", 1);
		sl_hash_add(hash, package->architecture, strlen(package->architecture));
		sl_hash_add(hash, "\n", 1);
	}
	return sl_hash_finish(hash);
}

void
sl_report_facts_clear(SlReportFacts *facts)
{
	g_free(facts->name);
	g_free(facts->os_id);
	g_free(facts->os_codename);
	g_free(facts->os_version);
	g_free(facts->architectures);
	g_free(facts->kernel);
	g_free(facts->agent);
	memset(facts, 0, sizeof *facts);
}

SlReportResult *
sl_report_result_new(void)
{
	return g_new0(SlReportResult, 1);
}

void
sl_report_result_free(SlReportResult *result)
{
	if (!result)
		return;
	g_free(result->package);
	g_free(result->version);
	g_free(result->architecture);
	g_free(result->status);
	g_free(result->message);
	g_free(result);
}

GPtrArray *
sl_report_result_array_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)sl_report_result_free);
}

/* What a program said may be in any encoding and of any length; its beginning is what counts. */
static json_t *
foreign_text(const char *text, size_t limit)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

	if (strlen(valid) > limit)
		*g_utf8_find_prev_char(valid, valid + limit + 1) = '\0';
	return json_string(valid);
}

static json_t *
facts_to_json(const SlReportFacts *facts)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
			 foreign_text(facts->name, SL_LIMIT_HOST_NAME), "os_id",
			 foreign_text(facts->os_id, SHORT), "os_codename",
			 foreign_text(facts->os_codename, SHORT), "os_version",
			 foreign_text(facts->os_version, SHORT), "architectures",
			 foreign_text(facts->architectures, LIST), "kernel",
			 foreign_text(facts->kernel, SHORT), "agent",
			 foreign_text(facts->agent, SHORT));
}

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
	const char *text = sl_json_take_text(reader, key, LIST);
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
	const char *text = sl_json_take_text(reader, key, SHORT);

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
	facts->os_id = take_line(reader, "os_id", SHORT);
	facts->os_codename = take_line(reader, "os_codename", SHORT);
	facts->os_version = take_line(reader, "os_version", SHORT);
	facts->architectures = take_names(reader, "architectures");
	facts->kernel = take_line(reader, "kernel", SHORT);
	facts->agent = take_line(reader, "agent", SHORT);
	finish_part(whole, "facts", reader);
}

static void
take_key(SlJsonReader *reader, const char *key, uint8_t *ret_bytes, size_t size)
{
	const char *text = sl_json_take_text(reader, key, SHORT);

	if (!sl_seal_unbase64(text, ret_bytes, size, NULL))
		sl_json_refuse(reader, key, "not a public key in base64");
}

static void
take_keys(SlJsonReader *reader, SlSealPublic *keys)
{
	take_key(reader, "sign", keys->sign, sizeof keys->sign);
	take_key(reader, "box", keys->box, sizeof keys->box);
}

/* Text, and what it was made from gone. */
static char *
to_text(json_t *json)
{
	char *text = sl_json_text(json);

	json_decref(json);
	return text;
}

SlEnrollment *
sl_enrollment_new(void)
{
	return g_new0(SlEnrollment, 1);
}

char *
sl_enrollment_write(const SlEnrollment *enrollment)
{
	g_autofree char *sign = sl_seal_base64(enrollment->keys.sign, sizeof enrollment->keys.sign);
	g_autofree char *box = sl_seal_base64(enrollment->keys.box, sizeof enrollment->keys.box);

	return to_text(json_pack("{s:s, s:s, s:s, s:I, s:o}", "token", enrollment->token, "sign",
				 sign, "box", box, "at", (json_int_t)enrollment->at, "facts",
				 facts_to_json(&enrollment->facts)));
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
	enrollment->token = take_line(reader, "token", SHORT);
	take_keys(reader, &enrollment->keys);
	enrollment->at = sl_json_take_int(reader, "at", 0, INT64_MAX);
	take_facts(reader, &enrollment->facts);
	return sl_json_finish(reader, error) ? g_steal_pointer(&enrollment) : NULL;
}

void
sl_enrollment_free(SlEnrollment *enrollment)
{
	if (!enrollment)
		return;
	g_free(enrollment->token);
	sl_report_facts_clear(&enrollment->facts);
	g_free(enrollment);
}

/* "NAME VERSION ARCHITECTURE": the shortest that is still read strictly. */
static json_t *
packages_to_json(const GPtrArray *packages)
{
	json_t *array = json_array();

	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *package = packages->pdata[i];

		json_array_append_new(array, json_sprintf("%s %s %s", package->name,
							  package->version, package->architecture));
	}
	return array;
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
		if (compare_packages(&sorted->pdata[i - 1], &sorted->pdata[i]) == 0)
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

static json_t *
results_to_json(const GPtrArray *results)
{
	json_t *array = json_array();

	for (guint i = 0; results && i < results->len; i++) {
		const SlReportResult *result = results->pdata[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "package", result->package,
				  "version", result->version, "architecture", result->architecture,
				  "status", result->status, "at", (json_int_t)result->at, "message",
				  foreign_text(result->message, SL_LIMIT_MESSAGE)));
	}
	return array;
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
sl_checkin_new(void)
{
	SlCheckin *checkin = g_new0(SlCheckin, 1);

	checkin->results = sl_report_result_array_new();
	return checkin;
}

char *
sl_checkin_write(const SlCheckin *checkin)
{
	json_t *json =
		json_pack("{s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:s, s:o}", "counter",
			  (json_int_t)checkin->counter, "epoch", (json_int_t)checkin->epoch, "at",
			  (json_int_t)checkin->at, "pointer", (json_int_t)checkin->pointer,
			  "reboot", (int)checkin->reboot, "leaving", (int)checkin->leaving, "facts",
			  facts_to_json(&checkin->facts), "inventory", checkin->inventory,
			  "results", results_to_json(checkin->results));

	if (checkin->packages)
		json_object_set_new(json, "packages", packages_to_json(checkin->packages));
	if (checkin->problem && *checkin->problem)
		json_object_set_new(json, "problem", foreign_text(checkin->problem, PROBLEM));
	return to_text(json);
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

void
sl_checkin_free(SlCheckin *checkin)
{
	if (!checkin)
		return;
	sl_report_facts_clear(&checkin->facts);
	g_free(checkin->problem);
	g_free(checkin->inventory);
	g_clear_pointer(&checkin->packages, g_ptr_array_unref);
	g_clear_pointer(&checkin->results, g_ptr_array_unref);
	g_free(checkin);
}

void
sl_answer_source_free(SlAnswerSource *source)
{
	if (!source)
		return;
	g_free(source->suite);
	g_free(source->components);
	g_free(source->architectures);
	g_free(source);
}

GPtrArray *
sl_answer_source_array_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)sl_answer_source_free);
}

static json_t *
sources_to_json(const GPtrArray *sources)
{
	json_t *array = json_array();

	for (guint i = 0; sources && i < sources->len; i++) {
		const SlAnswerSource *source = sources->pdata[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "suite", source->suite,
						       "components", source->components,
						       "architectures", source->architectures));
	}
	return array;
}

static SlAnswerSource *
read_source(SlJsonReader *whole, const json_t *json)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "source");
	SlAnswerSource *source = g_new0(SlAnswerSource, 1);

	source->suite = take_line(reader, "suite", SHORT);
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
sl_answer_new(void)
{
	SlAnswer *answer = g_new0(SlAnswer, 1);

	answer->sources = sl_answer_source_array_new();
	return answer;
}

char *
sl_answer_write(const SlAnswer *answer)
{
	return to_text(json_pack(
		"{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:s, s:s, s:s, s:o}", "request",
		answer->request, "at", (json_int_t)answer->at, "state", answer->state, "computer",
		(json_int_t)answer->computer, "counter", (json_int_t)answer->counter, "epoch",
		(json_int_t)answer->epoch, "pointer", (json_int_t)answer->pointer, "want_inventory",
		(int)answer->want_inventory, "conflict", (int)answer->conflict, "interval_s",
		(json_int_t)answer->interval_s, "group", answer->group ? answer->group : "",
		"channel", answer->channel ? answer->channel : "", "key",
		answer->key ? answer->key : "", "sources", sources_to_json(answer->sources)));
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

void
sl_answer_free(SlAnswer *answer)
{
	if (!answer)
		return;
	g_free(answer->request);
	g_free(answer->state);
	g_free(answer->group);
	g_free(answer->channel);
	g_free(answer->key);
	g_clear_pointer(&answer->sources, g_ptr_array_unref);
	g_free(answer);
}

char *
sl_report_fingerprint(const char *server_id, const SlSealPublic *keys)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	uint8_t digest[32];

	g_byte_array_append(bytes, (const guint8 *)server_id, (guint)strlen(server_id) + 1);
	g_byte_array_append(bytes, keys->sign, sizeof keys->sign);
	g_byte_array_append(bytes, keys->box, sizeof keys->box);
	sl_seal_digest(bytes->data, bytes->len, digest);
	return sl_seal_base64(digest, sizeof digest);
}

char *
sl_report_write_keys(const char *server_id, const SlSealPublic *keys)
{
	g_autofree char *sign = sl_seal_base64(keys->sign, sizeof keys->sign);
	g_autofree char *box = sl_seal_base64(keys->box, sizeof keys->box);

	return to_text(
		json_pack("{s:s, s:s, s:s}", "server_id", server_id, "sign", sign, "box", box));
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
	server_id = take_line(reader, "server_id", SHORT);
	take_keys(reader, &keys);
	if (!sl_json_finish(reader, error))
		return false;
	*ret_server_id = g_steal_pointer(&server_id);
	*ret_keys = keys;
	return true;
}
