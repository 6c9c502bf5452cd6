#include "clients/report.h"

#include <string.h>

#include "catalog/base/hash.h"

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

int
sl_report_package_compare(const SlReportPackage *a, const SlReportPackage *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->version, b->version);
	return order != 0 ? order : strcmp(a->architecture, b->architecture);
}

static int
compare_packages(gconstpointer a, gconstpointer b)
{
	return sl_report_package_compare(*(SlReportPackage *const *)a,
					 *(SlReportPackage *const *)b);
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

SlEnrollment *
sl_enrollment_new(void)
{
	return g_new0(SlEnrollment, 1);
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

SlCheckin *
sl_checkin_new(void)
{
	SlCheckin *checkin = g_new0(SlCheckin, 1);

	checkin->results = sl_report_result_array_new();
	return checkin;
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

SlAnswer *
sl_answer_new(void)
{
	SlAnswer *answer = g_new0(SlAnswer, 1);

	answer->sources = sl_answer_source_array_new();
	return answer;
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
