/* People: there is always an owner, and what somebody loses ends what was had by it. */
#include <string.h>

#include "catalog/api_token.h"
#include "catalog/audit.h"
#include "catalog/login_failure.h"
#include "catalog/person.h"
#include "catalog/session.h"
#include "fleet_db.h"

#define CHANGE(person) (&(const SlPersonChange){.name = (person), .by = "ann", .now_at = NOW})

static void
add(Fleet *f, const char *name, SlRole role)
{
	g_autoptr(GError) error = NULL;

	sl_person_add(f->db, CHANGE(name), role, "hash", &error);
	g_assert_no_error(error);
}

static char *
sign_in(Fleet *f, const char *name)
{
	g_autoptr(SlPerson) person = sl_person_get(f->db, name, NULL);

	return sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);
}

static bool
is_signed_in(Fleet *f, const char *secret)
{
	g_autoptr(SlSession) session = sl_session_find(f->other, secret, NOW, NULL);

	return session != NULL;
}

static void
test_the_last_owner_stays(Fleet *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add(f, "ann", SL_ROLE_OWNER);
	add(f, "bob", SL_ROLE_APPROVER);
	g_assert_false(sl_person_remove(f->db, CHANGE("ann"), &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_clear_error(&error);
	g_assert_false(sl_person_set_role(f->db, CHANGE("ann"), SL_ROLE_VIEWER, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(number(f, "SELECT count(*) FROM audit WHERE action <> 'person add'"
				  " AND action LIKE 'person %%'"),
			==, 0);
	g_assert_true(sl_person_set_role(f->db, CHANGE("bob"), SL_ROLE_OWNER, NULL));
	g_assert_true(sl_person_remove(f->db, CHANGE("ann"), NULL));
	g_assert_cmpint(number(f, "SELECT count(*) FROM person"), ==, 1);
}

static void
test_another_role_password_or_none_ends_the_sessions(Fleet *f, gconstpointer data)
{
	g_autofree char *kept = NULL;
	g_autofree char *role = NULL;
	g_autofree char *password = NULL;
	g_autofree char *removed = NULL;

	add(f, "ann", SL_ROLE_OWNER);
	add(f, "bob", SL_ROLE_VIEWER);
	kept = sign_in(f, "ann");
	role = sign_in(f, "bob");
	g_assert_true(is_signed_in(f, role));
	g_assert_true(sl_person_set_role(f->db, CHANGE("bob"), SL_ROLE_APPROVER, NULL));
	g_assert_false(is_signed_in(f, role));
	password = sign_in(f, "bob");
	g_assert_true(sl_person_set_password(f->db, CHANGE("bob"), "other", NULL));
	g_assert_false(is_signed_in(f, password));
	removed = sign_in(f, "bob");
	g_assert_true(sl_person_remove(f->db, CHANGE("bob"), NULL));
	g_assert_false(is_signed_in(f, removed));
	g_assert_true(is_signed_in(f, kept));
}

static void
test_a_token_does_no_more_than_its_person_may_now(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = NULL;
	g_autoptr(SlApiToken) before = NULL;
	g_autoptr(SlApiToken) after = NULL;
	g_autoptr(GError) error = NULL;

	add(f, "ann", SL_ROLE_OWNER);
	add(f, "bob", SL_ROLE_APPROVER);
	secret = sl_api_token_make(f->db,
				   &(SlApiTokenRequest){.name = "scripts",
							.role = SL_ROLE_APPROVER,
							.lives_s = DAY,
							.person = "bob",
							.now_at = NOW},
				   &error);
	g_assert_no_error(error);
	before = sl_api_token_find(f->other, secret, NOW, NULL);
	g_assert_cmpint(before->role, ==, SL_ROLE_APPROVER);
	g_assert_true(sl_person_set_role(f->db, CHANGE("bob"), SL_ROLE_VIEWER, NULL));
	after = sl_api_token_find(f->other, secret, NOW + DAY - 1, NULL);
	g_assert_cmpint(after->role, ==, SL_ROLE_VIEWER);
	g_assert_null(sl_api_token_find(f->other, secret, NOW + DAY, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_assert_true(sl_person_remove(f->db, CHANGE("bob"), NULL));
	g_assert_null(sl_api_token_find(f->other, secret, NOW, NULL));
}

static void
test_names_are_one_line_and_taken_once(Fleet *f, gconstpointer data)
{
	static const char *const bad[] = {
		"",	" ann",	     "ann ",	  "-ann", "an\nn", "an\302\205n",
		"\xff", "nna\u202e", "an\u2028n", ".",	  "..",	   NULL,
	};
	g_autofree char *longer = g_strnfill(101, 'a');
	g_autoptr(GError) error = NULL;

	for (const char *const *name = bad; *name; name++) {
		g_clear_error(&error);
		g_assert_false(sl_person_add(f->db, CHANGE(*name), SL_ROLE_VIEWER, "hash", &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	}
	g_assert_false(sl_person_add(f->db, CHANGE(longer), SL_ROLE_VIEWER, "hash", NULL));
	g_clear_error(&error);
	add(f, "Ann Ågren", SL_ROLE_VIEWER);
	g_assert_false(sl_person_add(f->db, CHANGE("Ann Ågren"), SL_ROLE_OWNER, "other", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(number(f, "SELECT count(*) FROM person WHERE role = 'viewer'"), ==, 1);
}

/* Who gives the old password while somebody changes it comes after that, and is not in. */
static void
test_a_password_counts_while_it_is_the_persons(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) before = NULL;
	g_autoptr(SlPerson) after = NULL;
	g_autoptr(GError) error = NULL;

	add(f, "ann", SL_ROLE_OWNER);
	add(f, "bob", SL_ROLE_VIEWER);
	before = sl_person_get(f->db, "bob", NULL);
	g_assert_true(sl_person_check_unchanged(f->db, before, NULL));
	g_assert_true(sl_person_set_password(f->db, CHANGE("bob"), "another hash", NULL));
	g_assert_false(sl_person_check_unchanged(f->db, before, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	after = sl_person_get(f->db, "bob", NULL);
	g_assert_true(sl_person_check_unchanged(f->db, after, NULL));
	g_assert_true(sl_person_remove(f->db, CHANGE("bob"), NULL));
	g_assert_false(sl_person_check_unchanged(f->db, after, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/person/last-owner", test_the_last_owner_stays);
	fleet_test("/person/sessions", test_another_role_password_or_none_ends_the_sessions);
	fleet_test("/person/api-token", test_a_token_does_no_more_than_its_person_may_now);
	fleet_test("/person/names", test_names_are_one_line_and_taken_once);
	fleet_test("/person/unchanged", test_a_password_counts_while_it_is_the_persons);
	return g_test_run();
}
