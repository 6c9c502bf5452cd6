/* Whatever is wrong with a token, who shows it learns the same nothing. */
#include <string.h>

#include "clients/credential.h"
#include "clients/group.h"
#include "fleet_db.h"

static bool
take(Fleet *f, const char *secret, int64_t now_at, GError **error)
{
	int64_t token, group;
	bool hold;
	bool looked = sl_token_check(f->other, secret, now_at, NULL);
	bool taken = sl_token_take(f->db, secret, now_at, &token, &group, &hold, error);

	g_assert_cmpint(looked, ==, taken);
	return taken;
}

static void
assert_refused(Fleet *f, const char *secret, int64_t now_at)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(take(f, secret, now_at, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_assert_cmpstr(error->message, ==, "no valid token");
}

static void
test_a_token_is_used_as_often_as_was_said(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 2, 0, false);

	g_assert_true(take(f, secret, NOW, NULL));
	g_assert_true(take(f, secret, NOW + 1000 * DAY, NULL));
	assert_refused(f, secret, NOW);
	g_assert_cmpint(number(f, "SELECT uses_left FROM token"), ==, 0);
}

static void
test_a_token_expires_to_the_second(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, DAY, false);

	g_assert_true(take(f, secret, NOW + DAY - 1, NULL));
	assert_refused(f, secret, NOW + DAY);
	g_assert_true(number(f, "SELECT uses_left IS NULL FROM token"));
}

static void
test_a_revoked_or_guessed_token_is_refused_alike(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_token_revoke(f->db, secret, "ann", NOW, &error));
	assert_refused(f, secret, NOW);
	assert_refused(f, "AAAAAAAAAAAAAAAAAAAAAA", NOW);
	assert_refused(f, "", NOW);
	g_assert_false(sl_token_revoke(f->db, secret, "ann", NOW, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
}

static void
test_the_secret_is_not_in_the_database(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	const SlTokenFilter all = {.now_at = NOW};
	g_autoptr(GPtrArray) list = sl_token_list(f->other, &all, NULL, NULL);
	const SlToken *token = list->pdata[0];

	g_assert_cmpuint(strlen(secret), ==, 22);
	g_assert_cmpint(secret[0], !=, '-');
	g_assert_cmpuint(strlen(token->prefix), ==, 6);
	g_assert_true(g_str_has_prefix(secret, token->prefix));
	g_assert_cmpint(number(f,
			       "SELECT count(*) FROM token WHERE instr(digest || prefix ||"
			       " person, '%s')",
			       secret),
			==, 0);
	g_assert_cmpint(
		number(f, "SELECT count(*) FROM audit WHERE instr(detail || object, '%s')", secret),
		==, 0);
}

static void
test_a_group_with_machines_stays_and_an_empty_one_takes_its_tokens_along(Fleet *f,
									 gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(GError) error = NULL;
	int64_t computer = enroll(f, secret, "web1");

	g_assert_false(sl_group_remove(f->db, "office", "ann", NOW, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	execute(f, "DELETE FROM computer WHERE id = %" G_GINT64_FORMAT, computer);
	g_assert_true(sl_group_remove(f->db, "office", "ann", NOW, NULL));
	assert_refused(f, secret, NOW);
	g_clear_error(&error);
	g_assert_cmpint(sl_group_find(f->db, "office", &error), ==, 0);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_a_groups_name_is_one_line_that_is_no_option(Fleet *f, gconstpointer data)
{
	static const char *const refused[] = {"", "-x", "a\nb", " a", "a ", "\x1b[2J", "\xff"};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_group_add(f->db, refused[i], "production", "ann", NOW, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	}
	g_assert_cmpint(number(f, "SELECT count(*) FROM computer_group"), ==, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/credential/uses", test_a_token_is_used_as_often_as_was_said);
	fleet_test("/credential/expires", test_a_token_expires_to_the_second);
	fleet_test("/credential/refused", test_a_revoked_or_guessed_token_is_refused_alike);
	fleet_test("/credential/secret", test_the_secret_is_not_in_the_database);
	fleet_test("/group/remove",
		   test_a_group_with_machines_stays_and_an_empty_one_takes_its_tokens_along);
	fleet_test("/group/name", test_a_groups_name_is_one_line_that_is_no_option);
	return g_test_run();
}
