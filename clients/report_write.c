/* report_write.c - messages as JSON; what other programs chose is made harmless here */
#include <string.h>

#include "catalog/base/json.h"
#include "clients/report.h"
#include "clients/report_private.h"

#define PROBLEM 1000 /* bytes: with it a message is of the smallest size still */

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
			 foreign_text(facts->os_id, SL_REPORT_SHORT), "os_codename",
			 foreign_text(facts->os_codename, SL_REPORT_SHORT), "os_version",
			 foreign_text(facts->os_version, SL_REPORT_SHORT), "architectures",
			 foreign_text(facts->architectures, SL_REPORT_LIST), "kernel",
			 foreign_text(facts->kernel, SL_REPORT_SHORT), "agent",
			 foreign_text(facts->agent, SL_REPORT_SHORT));
}

/* Text, and what it was made from gone. */
static char *
to_text(json_t *json)
{
	char *text = sl_json_text(json);

	json_decref(json);
	return text;
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

char *
sl_report_write_keys(const char *server_id, const SlSealPublic *keys)
{
	g_autofree char *sign = sl_seal_base64(keys->sign, sizeof keys->sign);
	g_autofree char *box = sl_seal_base64(keys->box, sizeof keys->box);

	return to_text(
		json_pack("{s:s, s:s, s:s}", "server_id", server_id, "sign", sign, "box", box));
}
