#include "clients/agent/outbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/base/fs.h"
#include "catalog/base/limits.h"
#include "tests/unit/scratch.h"

static SlOutbox *
open_outbox(const Scratch *s)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) lost = NULL;
	SlOutbox *outbox = sl_outbox_open(s->fd, &lost, &error);

	g_assert_no_error(error);
	g_assert_no_error(lost);
	return outbox;
}

static SlReportResult *
result_of(const char *package, const char *message)
{
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup(package);
	result->version = g_strdup("1.0");
	result->architecture = g_strdup("amd64");
	result->status = g_strdup(*message ? "failed" : "installed");
	result->message = g_strdup(message);
	result->at = 1764000000;
	return result;
}

static void
add(SlOutbox *outbox, const char *package, const char *message)
{
	g_autoptr(GPtrArray) results = sl_report_result_array_new();
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(results, result_of(package, message));
	g_assert_true(sl_outbox_add(outbox, results, &error));
	g_assert_no_error(error);
}

/* "a b": the packages that the next message carries. */
static char *
next_names(const SlOutbox *outbox)
{
	g_autoptr(GPtrArray) results = sl_outbox_next(outbox);
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < results->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "",
				       ((SlReportResult *)results->pdata[i])->package);
	return g_string_free(names, FALSE);
}

static void
assert_next(const SlOutbox *outbox, const char *names)
{
	g_autofree char *found = next_names(outbox);

	g_assert_cmpstr(found, ==, names);
}

static void
test_what_is_added_is_on_disk_until_it_is_delivered(Scratch *s, gconstpointer data)
{
	g_autoptr(SlOutbox) outbox = open_outbox(s);

	g_assert_cmpuint(sl_outbox_count(outbox), ==, 0);
	scratch_assert_names(s, "");
	add(outbox, "a", "");
	add(outbox, "b", "no luck");
	for (int i = 0; i < 2; i++) { /* as after a kill; looking takes nothing away */
		g_autoptr(SlOutbox) again = open_outbox(s);

		assert_next(again, "a b");
	}
	g_assert_true(sl_outbox_delivered(outbox, 1, NULL));
	g_autoptr(SlOutbox) after = open_outbox(s);
	assert_next(after, "b");
	scratch_assert_names(s, "outbox.json");
}

static void
test_of_one_package_the_newest_result_is_kept(Scratch *s, gconstpointer data)
{
	g_autoptr(SlOutbox) outbox = open_outbox(s);
	g_autoptr(GPtrArray) results = NULL;

	add(outbox, "a", "no luck");
	add(outbox, "b", "");
	add(outbox, "a", "");
	assert_next(outbox, "b a");
	results = sl_outbox_next(outbox);
	g_assert_cmpstr(((SlReportResult *)results->pdata[1])->status, ==, "installed");
}

static void
test_the_oldest_give_way_when_it_is_full(Scratch *s, gconstpointer data)
{
	g_autoptr(SlOutbox) outbox = open_outbox(s);
	g_autoptr(GPtrArray) results = sl_report_result_array_new();
	g_autoptr(GPtrArray) first = NULL;

	for (int i = 0; i < SL_LIMIT_RESULTS + 3; i++) {
		g_autofree char *name = g_strdup_printf("p%d", i);

		g_ptr_array_add(results, result_of(name, ""));
	}
	g_assert_true(sl_outbox_add(outbox, results, NULL));
	g_assert_cmpuint(sl_outbox_count(outbox), ==, SL_LIMIT_RESULTS);
	first = sl_outbox_next(outbox);
	g_assert_cmpstr(((SlReportResult *)first->pdata[0])->package, ==, "p3");
}

static void
test_long_words_are_shortened_and_messages_stay_small(Scratch *s, gconstpointer data)
{
	g_autoptr(SlOutbox) outbox = open_outbox(s);
	g_autofree char *words = g_strnfill(100000, 'x');
	g_autoptr(GPtrArray) first = NULL;

	for (char name[] = "a"; *name <= 'z'; ++*name)
		add(outbox, name, words);
	first = sl_outbox_next(outbox);
	g_assert_cmpuint(first->len, >, 5);
	g_assert_cmpuint(first->len, <, 15); /* of 4,000 bytes each, in 48 KiB */
	g_assert_cmpuint(strlen(((SlReportResult *)first->pdata[0])->message), ==,
			 SL_LIMIT_MESSAGE);
	/* nothing is lost by that: message by message all leave */
	for (int i = 0; sl_outbox_count(outbox) > 0; i++) {
		g_autoptr(GPtrArray) next = sl_outbox_next(outbox);

		g_assert_cmpint(i, <, 26);
		g_assert_true(sl_outbox_delivered(outbox, next->len, NULL));
	}
}

static void
test_what_cannot_be_written_leaves_the_file_as_it_was(Scratch *s, gconstpointer data)
{
	g_autoptr(SlOutbox) outbox = open_outbox(s);
	g_autoptr(GPtrArray) results = sl_report_result_array_new();
	g_autofree char *blocked = scratch_path(s, "outbox.json.new");
	g_autoptr(GError) error = NULL;

	add(outbox, "a", "");
	g_assert_cmpint(mkdir(blocked, 0700), ==, 0);
	g_ptr_array_add(results, result_of("b", ""));
	g_assert_false(sl_outbox_add(outbox, results, &error));
	g_assert_nonnull(error);
	g_autoptr(SlOutbox) again = open_outbox(s);
	assert_next(again, "a");
}

#define GOOD(NAME)                                                                                 \
	"{\"package\":\"" NAME "\",\"version\":\"1\",\"architecture\":\"amd64\","                  \
	"\"status\":\"installed\",\"at\":5,\"message\":\"\"}"

static const struct {
	const char *name;
	const char *text;
	const char *left; /* packages that can still be read */
} damaged[] = {
	{"empty", "", ""},
	{"cut_off", "[" GOOD("a") "," GOOD("b"), ""},
	{"no_list", GOOD("a"), ""},
	{"an_entry_that_is_none", "[" GOOD("a") ",7," GOOD("b") "]", "a b"},
	{"an_entry_without_a_version", "[{\"package\":\"x\"}," GOOD("b") "]", "b"},
	{"an_entry_with_more", "[" GOOD("a") ",{\"new\":1}]", "a"},
};

static void
test_what_cannot_be_read_is_named_once_and_left_out(Scratch *s, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
		g_autoptr(GError) lost = NULL;
		g_autoptr(GError) error = NULL;
		g_autoptr(SlOutbox) outbox = NULL;

		g_test_message("%s", damaged[i].name);
		scratch_write(s, "outbox.json", damaged[i].text, strlen(damaged[i].text));
		outbox = sl_outbox_open(s->fd, &lost, &error);
		g_assert_no_error(error);
		g_assert_nonnull(lost);
		g_assert_true(g_str_has_prefix(lost->message, "outbox.json: left out"));
		assert_next(outbox, damaged[i].left);
		g_autoptr(SlOutbox) again = open_outbox(s);
		assert_next(again, damaged[i].left);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/outbox/what_is_added_is_on_disk_until_it_is_delivered",
		 test_what_is_added_is_on_disk_until_it_is_delivered},
		{"/outbox/of_one_package_the_newest_result_is_kept",
		 test_of_one_package_the_newest_result_is_kept},
		{"/outbox/the_oldest_give_way_when_it_is_full",
		 test_the_oldest_give_way_when_it_is_full},
		{"/outbox/long_words_are_shortened_and_messages_stay_small",
		 test_long_words_are_shortened_and_messages_stay_small},
		{"/outbox/what_cannot_be_written_leaves_the_file_as_it_was",
		 test_what_cannot_be_written_leaves_the_file_as_it_was},
		{"/outbox/what_cannot_be_read_is_named_once_and_left_out",
		 test_what_cannot_be_read_is_named_once_and_left_out},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Scratch, NULL, scratch_set_up, tests[i].run,
			   scratch_tear_down);
	return g_test_run();
}
