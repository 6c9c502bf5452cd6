/* A new revision of an update: what is served between its approval and the arrival of its payloads.
 */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/payload.h"
#include "tests/unit/publishing.h"

#define FINGERPRINT "0123456789ABCDEF0123456789ABCDEF01234567"

static void
decide(Fixture *f, SlApprovalKind kind)
{
	const char *names[] = {"openssl", NULL};
	SlApprovalRequest request = {.kind = kind,
				     .names = names,
				     .channel = "certification",
				     .person = "x",
				     .reason = ""};
	g_autoptr(GError) error = NULL;
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(f->db, &request, &error);

	g_assert_no_error(error);
	g_assert_true(sl_approval_apply(f->db, &request, plan, START, &error));
	g_assert_no_error(error);
}

/* Adds a revision that replaces the package by another build; its payload is not in the store. */
static void
add_build(Fixture *f, int64_t update_id, const char *build)
{
	g_autofree char *sha256 = sha256_of(build);
	int64_t id = ++f->updates + 1000;

	execute(f, "INSERT INTO payload VALUES ('%s', %zu, NULL, 'test', '%s', '" FINGERPRINT "')",
		sha256, strlen(build), sha256);
	execute(f, "INSERT INTO revision VALUES (%" PRId64 ", %" PRId64 ", %" PRId64 ", '%s', 0)",
		id, update_id, id, build);
	execute(f,
		"INSERT INTO package VALUES (%" PRId64 ", 1, 'openssl', '%s', 'amd64', 'main', '',"
		" 'openssl', '1', '%s', 'pool/x.deb', 'Package: openssl\nVersion: %s\n"
		"Architecture: amd64\n', 0, NULL, NULL)",
		id, build, sha256, build);
	execute(f, "INSERT INTO revision_package VALUES (%" PRId64 ", %" PRId64 ")", id, id);
}

static void
arrive(Fixture *f, const char *build)
{
	g_autofree char *sha256 = store_payload(f, build);
	g_autoptr(GError) error = NULL;

	sl_payload_mark_stored(f->db, sha256, START, &error);
	g_assert_no_error(error);
}

static void
assert_serves(Fixture *f, const char *version)
{
	g_autofree char *serial = NULL;
	g_autofree char *text = NULL;
	g_autofree char *line = version ? g_strdup_printf("Version: %s\n", version) : NULL;

	move(f, 5);
	serial = publish(f, SL_PUBLISH_CONTENT);
	text = packages(f);
	if (line)
		g_assert_nonnull(strstr(text, line));
	else
		g_assert_cmpstr(text, ==, "");
}

static void
test_the_revision_before_stays_until_the_next_is_here(Fixture *f, gconstpointer data)
{
	int64_t update = add_update(f, "openssl", "1");

	(void)data;
	decide(f, SL_APPROVAL_APPROVE);
	assert_serves(f, "1");
	add_build(f, update, "1+b1");
	assert_serves(f, "1");
	decide(f, SL_APPROVAL_APPROVE);
	assert_serves(f, "1");
	/* one that never came does not take the place of the one that is served */
	add_build(f, update, "1+b2");
	decide(f, SL_APPROVAL_APPROVE);
	assert_serves(f, "1");
	arrive(f, "1+b1");
	assert_serves(f, "1");
	arrive(f, "1+b2");
	assert_serves(f, "1+b2");
}

static void
test_a_recalled_revision_does_not_come_back_with_the_next(Fixture *f, gconstpointer data)
{
	int64_t update = add_update(f, "openssl", "1");

	(void)data;
	decide(f, SL_APPROVAL_APPROVE);
	assert_serves(f, "1");
	add_build(f, update, "1+b1");
	decide(f, SL_APPROVAL_RECALL);
	decide(f, SL_APPROVAL_APPROVE);
	assert_serves(f, NULL);
	arrive(f, "1+b1");
	assert_serves(f, "1+b1");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/approval-revision/stays", Fixture, NULL, set_up,
		   test_the_revision_before_stays_until_the_next_is_here, tear_down);
	g_test_add("/approval-revision/recalled", Fixture, NULL, set_up,
		   test_a_recalled_revision_does_not_come_back_with_the_next, tear_down);
	return g_test_run();
}
