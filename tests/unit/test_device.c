/* A browser that is known is known to one person, under one password, for half a year. */
#include <string.h>

#include "catalog/device.h"

#define NOW INT64_C(1798675200)

static const SlPerson ann = {.name = "ann", .password = "$argon2id$ann"};

static bool
is_known(const SlPerson *person, const char *text, int64_t now_at)
{
	g_autofree char *found = sl_device_find(person, text, now_at);

	return found != NULL;
}

static void
test_a_device_is_counted_by_a_number_of_its_own(void)
{
	g_autofree char *first = sl_device_new(&ann, NOW);
	g_autofree char *second = sl_device_new(&ann, NOW);
	g_autofree char *one = sl_device_find(&ann, first, NOW);
	g_autofree char *same = sl_device_find(&ann, first, NOW + 1000);
	g_autofree char *other = sl_device_find(&ann, second, NOW);

	g_assert_cmpuint(strlen(one), ==, 22);
	g_assert_cmpstr(one, ==, same);
	g_assert_cmpstr(one, !=, other);
	/* what a browser keeps goes into a cookie as it is, and names nobody */
	g_assert_cmpuint(strspn(first, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789-_."),
			 ==, strlen(first));
	g_assert_null(strstr(first, "ann"));
}

static void
test_a_device_is_one_persons_under_one_password(void)
{
	const SlPerson bob = {.name = "bob", .password = ann.password};
	const SlPerson changed = {.name = "ann", .password = "$argon2id$another"};
	g_autofree char *text = sl_device_new(&ann, NOW);

	g_assert_true(is_known(&ann, text, NOW));
	g_assert_false(is_known(&bob, text, NOW));
	g_assert_false(is_known(&changed, text, NOW));
}

static void
test_a_device_is_forgotten_after_half_a_year(void)
{
	g_autofree char *text = sl_device_new(&ann, NOW);
	const char *rest = strchr(text, '.');
	g_autofree char *longer =
		g_strdup_printf("%" G_GINT64_FORMAT "%s", NOW + 2 * SL_DEVICE_LIVES_S, rest);

	g_assert_true(is_known(&ann, text, NOW + SL_DEVICE_LIVES_S - 1));
	g_assert_false(is_known(&ann, text, NOW + SL_DEVICE_LIVES_S));
	g_assert_false(is_known(&ann, longer, NOW));
}

static void
test_a_text_that_was_touched_is_none(void)
{
	static const char *const none[] = {"", ".", "..", "...", "0..", "x.y.z", "9999999999.a.b"};
	g_autofree char *text = sl_device_new(&ann, NOW);
	g_autofree char *longer = g_strconcat(text, "A", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(none); i++)
		g_assert_false(is_known(&ann, none[i], NOW));
	g_assert_false(is_known(&ann, longer, NOW));
	for (size_t i = 0; text[i]; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		g_assert_false(is_known(&ann, text, NOW));
		text[i] = '\0';
		g_assert_false(is_known(&ann, text, NOW));
		text[i] = was;
	}
	g_assert_true(is_known(&ann, text, NOW));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/device/number", test_a_device_is_counted_by_a_number_of_its_own);
	g_test_add_func("/device/bound", test_a_device_is_one_persons_under_one_password);
	g_test_add_func("/device/expires", test_a_device_is_forgotten_after_half_a_year);
	g_test_add_func("/device/touched", test_a_text_that_was_touched_is_none);
	return g_test_run();
}
