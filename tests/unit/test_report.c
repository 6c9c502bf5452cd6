/* What is written is read back the same; anything else is refused, with the member's name. */
#include <glib.h>
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "clients/report.h"

#define DIGEST_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FACTS                                                                                      \
	"\"facts\":{\"name\":\"web1\",\"os_id\":\"debian\",\"os_codename\":\"bookworm\","          \
	"\"os_version\":\"12\",\"architectures\":\"amd64 i386\",\"kernel\":\"6.1\","               \
	"\"agent\":\"0.1.0\"}"
#define HEAD	     "{\"counter\":1,\"epoch\":1,\"at\":5,\"pointer\":0,\"reboot\":false,\"leaving\":false,"
#define NO_INVENTORY "\"inventory\":\"" DIGEST_OF_NOTHING "\","

static SlReportFacts
facts(void)
{
	return (SlReportFacts){g_strdup("web1"), g_strdup("debian"),	 g_strdup("bookworm"),
			       g_strdup("12"),	 g_strdup("amd64 i386"), g_strdup("6.1.0-37-amd64"),
			       g_strdup("0.1.0")};
}

static SlReportResult *
failed_result(void)
{
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup("openssl");
	result->version = g_strdup("3.0.17-1~deb12u3");
	result->architecture = g_strdup("amd64");
	result->status = g_strdup("failed");
	result->at = 1764000000;
	result->message = g_strdup("dpkg: error: \"\t<b>=cmd\n");
	return result;
}

static SlCheckin *
full_checkin(void)
{
	SlCheckin *checkin = sl_checkin_new();

	checkin->counter = 7;
	checkin->epoch = 2;
	checkin->at = 1764000001;
	checkin->pointer = 3;
	checkin->reboot = true;
	checkin->leaving = true;
	checkin->facts = facts();
	checkin->packages = sl_report_package_array_new();
	g_ptr_array_add(checkin->packages,
			sl_report_package_new("zlib1g", "1:1.2.13.dfsg-1", "amd64"));
	g_ptr_array_add(checkin->packages, sl_report_package_new("adduser", "3.134", "all"));
	checkin->inventory = sl_report_inventory_digest(checkin->packages);
	g_ptr_array_add(checkin->results, failed_result());
	return checkin;
}

static void
test_a_checkin_is_read_as_it_was_written(void)
{
	g_autoptr(SlCheckin) written = full_checkin();
	g_autofree char *text = sl_checkin_write(written);
	g_autoptr(GError) error = NULL;
	g_autoptr(SlCheckin) read = sl_checkin_read(text, strlen(text), &error);
	const SlReportPackage *package;
	const SlReportResult *result;

	g_assert_no_error(error);
	g_autofree char *again = sl_checkin_write(read);
	g_assert_cmpstr(again, ==, text);
	g_assert_cmpint(read->counter, ==, 7);
	g_assert_true(read->reboot && read->leaving);
	g_assert_cmpuint(read->packages->len, ==, 2);
	package = read->packages->pdata[0];
	g_assert_cmpstr(package->name, ==, "adduser");
	g_assert_cmpstr(package->architecture, ==, "all");
	result = read->results->pdata[0];
	g_assert_cmpstr(result->message, ==, "dpkg: error: \"\t<b>=cmd\n");
	g_assert_cmpstr(read->facts.architectures, ==, "amd64 i386");
}

static void
test_a_steady_machine_sends_the_digest_alone(void)
{
	g_autoptr(SlCheckin) written = full_checkin();

	g_clear_pointer(&written->packages, g_ptr_array_unref);
	g_autofree char *text = sl_checkin_write(written);
	g_autoptr(SlCheckin) read = sl_checkin_read(text, strlen(text), NULL);

	g_assert_nonnull(read);
	g_assert_null(read->packages);
	g_assert_cmpstr(read->inventory, ==, written->inventory);
}

static void
test_the_digest_does_not_depend_on_the_order(void)
{
	g_autoptr(GPtrArray) packages = sl_report_package_array_new();
	g_autofree char *expected = sl_hash_bytes("a\t1\tall\nb\t1\tamd64\nb\t1\ti386\n", 27);

	g_ptr_array_add(packages, sl_report_package_new("b", "1", "i386"));
	g_ptr_array_add(packages, sl_report_package_new("a", "1", "all"));
	g_ptr_array_add(packages, sl_report_package_new("b", "1", "amd64"));
	g_autofree char *digest = sl_report_inventory_digest(packages);
	g_assert_cmpstr(digest, ==, expected);
}

static void
test_six_thousand_packages_fit_a_message(void)
{
	g_autoptr(SlCheckin) checkin = full_checkin();

	for (int i = 0; i < 5998; i++) {
		g_autofree char *name = g_strdup_printf("libpackage%04d", i);

		g_ptr_array_add(checkin->packages,
				sl_report_package_new(name, "1:20.4.13-1~deb12u1", "amd64"));
	}
	g_free(checkin->inventory);
	checkin->inventory = sl_report_inventory_digest(checkin->packages);
	g_autofree char *text = sl_checkin_write(checkin);
	g_autoptr(SlSealKeys) keys = sl_seal_keys_new();
	g_autoptr(GBytes) sealed = sl_seal_make(keys, sl_seal_keys_public(keys), SL_SEAL_CHECKIN,
						"s", 1, text, strlen(text), NULL);
	g_autoptr(SlCheckin) read = sl_checkin_read(text, strlen(text), NULL);

	g_assert_cmpuint(g_bytes_get_size(sealed), <=, SL_LIMIT_CHECKIN);
	g_assert_cmpuint(read->packages->len, ==, 6000);
}

static void
test_a_package_managers_words_are_made_text_and_cut(void)
{
	g_autoptr(SlCheckin) checkin = full_checkin();
	SlReportResult *result = checkin->results->pdata[0];

	g_free(result->message);
	result->message = g_strnfill(SL_LIMIT_MESSAGE + 50, 'x');
	memcpy(result->message, "\xff\xfe", 2);
	memcpy(result->message + SL_LIMIT_MESSAGE - 5, "\xc3\xa4", 2);
	g_autofree char *text = sl_checkin_write(checkin);
	g_autoptr(GError) error = NULL;
	g_autoptr(SlCheckin) read = sl_checkin_read(text, strlen(text), &error);

	g_assert_no_error(error);
	result = read->results->pdata[0];
	g_assert_cmpuint(strlen(result->message), <=, SL_LIMIT_MESSAGE);
	g_assert_cmpuint(strlen(result->message), >, SL_LIMIT_MESSAGE - 4);
}

static void
test_a_wrong_checkin_is_refused_and_its_member_named(void)
{
	static const struct {
		const char *body;
		const char *says;
	} cases[] = {
		{"", "not JSON"},
		{"[]", "not a JSON object"},
		{"{\"counter\":1", "not JSON"},
		{"{\"counter\":1,\"counter\":1}", "duplicate"},
		{HEAD FACTS "," NO_INVENTORY "\"results\":[],\"more\":1}", "more: unknown member"},
		{HEAD FACTS "," NO_INVENTORY "\"x\":[]}", "results: missing"},
		{HEAD "\"facts\":[]," NO_INVENTORY "\"results\":[]}", "facts: not an object"},
		{HEAD "\"facts\":{}," NO_INVENTORY "\"results\":[]}", "name: missing"},
		{HEAD FACTS ",\"inventory\":\"AB\",\"results\":[]}", "inventory: not a SHA-256"},
		{HEAD FACTS "," NO_INVENTORY "\"packages\":[\"a 1 all\"],\"results\":[]}",
		 "inventory: not the digest"},
		{HEAD FACTS "," NO_INVENTORY "\"packages\":[\"a 1\"],\"results\":[]}", "packages"},
		{HEAD FACTS "," NO_INVENTORY "\"packages\":[\"a 1 all\\n\"],\"results\":[]}",
		 "packages"},
		{HEAD FACTS "," NO_INVENTORY "\"packages\":[\"a 1 all\",\"a 1 all\"],"
			    "\"results\":[]}",
		 "there twice"},
		{HEAD FACTS "," NO_INVENTORY "\"packages\":[7],\"results\":[]}", "packages"},
		{HEAD FACTS "," NO_INVENTORY "\"results\":[7]}", "results"},
		{HEAD FACTS "," NO_INVENTORY
			    "\"results\":[{\"package\":\"a\",\"version\":\"1\",\"architecture\":"
			    "\"all\",\"status\":\"fine\",\"at\":1,\"message\":\"\"}]}",
		 "status"},
		{"{\"counter\":0,\"epoch\":1,\"at\":5,\"pointer\":0,\"reboot\":false,"
		 "\"leaving\":false," FACTS "," NO_INVENTORY "\"results\":[]}",
		 "counter: 0 is not within"},
		{"{\"counter\":1.5,\"epoch\":1,\"at\":5,\"pointer\":0,\"reboot\":false,"
		 "\"leaving\":false," FACTS "," NO_INVENTORY "\"results\":[]}",
		 "counter: not a whole number"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SlCheckin) read =
			sl_checkin_read(cases[i].body, strlen(cases[i].body), &error);

		g_assert_null(read);
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		if (!strstr(error->message, cases[i].says))
			g_error("case %zu: \"%s\" does not say \"%s\"", i, error->message,
				cases[i].says);
	}
}

static void
test_a_checkin_that_is_too_large_is_refused_by_its_size(void)
{
	g_autofree char *body = g_strnfill(SL_LIMIT_CHECKIN + 1, '[');
	g_autoptr(GError) error = NULL;
	g_autoptr(SlCheckin) read = sl_checkin_read(body, SL_LIMIT_CHECKIN + 1, &error);

	g_assert_null(read);
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static void
test_a_fact_is_one_line(void)
{
	static const char body[] =
		HEAD "\"facts\":{\"name\":\"a\\u001b[2J\",\"os_id\":\"\",\"os_codename\":\"\","
		     "\"os_version\":\"\",\"architectures\":\"amd64\",\"kernel\":\"\","
		     "\"agent\":\"\"}," NO_INVENTORY "\"results\":[]}";
	g_autoptr(GError) error = NULL;
	g_autoptr(SlCheckin) read = sl_checkin_read(body, strlen(body), &error);

	g_assert_null(read);
	g_assert_nonnull(strstr(error->message, "name: has a control character"));
}

static void
test_an_enrolment_is_read_as_it_was_written(void)
{
	g_autoptr(SlEnrollment) written = sl_enrollment_new();
	g_autoptr(SlSealKeys) keys = sl_seal_keys_new();
	g_autoptr(GError) error = NULL;

	written->token = g_strdup("-secret_");
	written->keys = *sl_seal_keys_public(keys);
	written->at = 12;
	written->facts = facts();
	g_autofree char *text = sl_enrollment_write(written);
	g_autoptr(SlEnrollment) read = sl_enrollment_read(text, strlen(text), &error);
	g_assert_no_error(error);
	g_assert_cmpmem(&read->keys, sizeof read->keys, &written->keys, sizeof written->keys);
	g_autofree char *again = sl_enrollment_write(read);
	g_assert_cmpstr(again, ==, text);
}

static void
test_an_answer_is_read_as_it_was_written(void)
{
	g_autoptr(SlAnswer) written = sl_answer_new();
	SlAnswerSource *source = g_new0(SlAnswerSource, 1);
	g_autoptr(GError) error = NULL;

	written->request = g_strdup(DIGEST_OF_NOTHING);
	written->at = 3;
	written->state = g_strdup("active");
	written->computer = INT64_MAX;
	written->counter = 9;
	written->epoch = 1;
	written->want_inventory = true;
	written->conflict = true;
	written->interval_s = 3600;
	written->group = g_strdup("web servers");
	written->channel = g_strdup("production");
	written->key = g_strdup("-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
	source->suite = g_strdup("bookworm-security");
	source->components = g_strdup("contrib main");
	source->architectures = g_strdup("amd64");
	g_ptr_array_add(written->sources, source);
	g_autofree char *text = sl_answer_write(written);
	g_autoptr(SlAnswer) read = sl_answer_read(text, strlen(text), &error);
	g_assert_no_error(error);
	g_autofree char *again = sl_answer_write(read);
	g_assert_cmpstr(again, ==, text);
	g_assert_true(read->want_inventory);
	g_assert_true(read->conflict);
	g_assert_cmpint(read->computer, ==, INT64_MAX);
}

static void
test_the_fingerprint_is_of_this_server_and_these_keys(void)
{
	g_autoptr(SlSealKeys) ours = sl_seal_keys_new();
	g_autoptr(SlSealKeys) theirs = sl_seal_keys_new();
	g_autofree char *text = sl_report_write_keys("-id", sl_seal_keys_public(ours));
	g_autofree char *server_id = NULL;
	SlSealPublic keys;

	g_assert_true(sl_report_read_keys(text, strlen(text), &server_id, &keys, NULL));
	g_autofree char *ours_is = sl_report_fingerprint("-id", sl_seal_keys_public(ours));
	g_autofree char *read_is = sl_report_fingerprint(server_id, &keys);
	g_autofree char *other_id = sl_report_fingerprint("-ix", sl_seal_keys_public(ours));
	g_autofree char *other_keys = sl_report_fingerprint("-id", sl_seal_keys_public(theirs));
	g_assert_cmpuint(strlen(ours_is), ==, 43);
	g_assert_cmpstr(read_is, ==, ours_is);
	g_assert_cmpstr(other_id, !=, ours_is);
	g_assert_cmpstr(other_keys, !=, ours_is);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/checkin", test_a_checkin_is_read_as_it_was_written);
	g_test_add_func("/report/steady", test_a_steady_machine_sends_the_digest_alone);
	g_test_add_func("/report/digest", test_the_digest_does_not_depend_on_the_order);
	g_test_add_func("/report/large", test_six_thousand_packages_fit_a_message);
	g_test_add_func("/report/words", test_a_package_managers_words_are_made_text_and_cut);
	g_test_add_func("/report/refused", test_a_wrong_checkin_is_refused_and_its_member_named);
	g_test_add_func("/report/limit", test_a_checkin_that_is_too_large_is_refused_by_its_size);
	g_test_add_func("/report/line", test_a_fact_is_one_line);
	g_test_add_func("/report/enrolment", test_an_enrolment_is_read_as_it_was_written);
	g_test_add_func("/report/answer", test_an_answer_is_read_as_it_was_written);
	g_test_add_func("/report/fingerprint",
			test_the_fingerprint_is_of_this_server_and_these_keys);
	return g_test_run();
}
