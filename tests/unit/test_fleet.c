/* Sealed messages go in, sealed answers come out when what they say is on disk. */
#include "clients/fleet.h"

#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/schema.h"
#include "clients/fleet_private.h"
#include "fleet_db.h"

typedef struct {
	Fleet db;
	SlWriter *writer;
	SlClock *clock;
	SlSealKeys *keys; /* the server's */
	SlSealKeys *machine;
	char *server_id;
	SlFleet *fleet;
	GMutex mutex; /* for what follows */
	GCond changed;
	unsigned answers;
	unsigned codes[600]; /* how often each status was answered */
	GBytes *body;	     /* of the last answer */
} Desk;

static char *
channel_key(gpointer data, const char *channel, GError **error)
{
	(void)data;
	(void)error;
	return g_strconcat("key of ", channel, NULL);
}

static void
take_answer(gpointer data, uint64_t message, unsigned status, uint32_t retry_s, GBytes *body)
{
	Desk *desk = data;

	(void)message;
	g_assert_true(status != 503 || retry_s > 0);
	g_mutex_lock(&desk->mutex);
	desk->answers++;
	desk->codes[status]++;
	g_clear_pointer(&desk->body, g_bytes_unref);
	desk->body = body ? g_bytes_ref(body) : NULL;
	g_cond_broadcast(&desk->changed);
	g_mutex_unlock(&desk->mutex);
}

static void
open_desk(Desk *desk, unsigned limit)
{
	g_autoptr(GError) error = NULL;

	desk->fleet = sl_fleet_new(
		&(SlFleetContext){
			.db_path = desk->db.path,
			.writer = desk->writer,
			.keys = desk->keys,
			.clock = desk->clock,
			.interval_s = 3600,
			.limit = limit,
			.channel_key = channel_key,
			.answer = take_answer,
			.data = desk,
		},
		&error);
	g_assert_no_error(error);
}

static void
set_up(Desk *desk, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	SlDb *db;

	fleet_set_up(&desk->db, data);
	db = sl_db_open(desk->db.path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
	desk->writer = sl_writer_new(db, 1000);
	desk->clock = sl_clock_new_fixed(NOW);
	desk->keys = sl_seal_keys_new();
	desk->machine = sl_seal_keys_new();
	desk->server_id = sl_meta_text(desk->db.other, "server_id", NULL);
	g_mutex_init(&desk->mutex);
	g_cond_init(&desk->changed);
	open_desk(desk, 1000);
}

static void
tear_down(Desk *desk, gconstpointer data)
{
	sl_fleet_stop(desk->fleet);
	sl_writer_free(desk->writer);
	sl_fleet_free(desk->fleet);
	sl_seal_keys_free(desk->keys);
	sl_seal_keys_free(desk->machine);
	sl_clock_free(desk->clock);
	g_clear_pointer(&desk->body, g_bytes_unref);
	g_mutex_clear(&desk->mutex);
	g_cond_clear(&desk->changed);
	g_free(desk->server_id);
	fleet_tear_down(&desk->db, data);
}

static void
wait_for(Desk *desk, unsigned answers)
{
	gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	g_mutex_lock(&desk->mutex);
	while (desk->answers < answers)
		g_assert_true(g_cond_wait_until(&desk->changed, &desk->mutex, until));
	g_mutex_unlock(&desk->mutex);
}

static GBytes *
seal(Desk *desk, const char *context, int64_t machine, const char *body)
{
	return sl_seal_make(desk->machine, sl_seal_keys_public(desk->keys), context,
			    desk->server_id, machine, body, strlen(body), NULL);
}

/* What a machine reads out of an answer to a message. */
static SlAnswer *
read_answer(Desk *desk, GBytes *posted)
{
	gsize size, posted_size;
	const void *sealed = g_bytes_get_data(desk->body, &size);
	const void *bytes = g_bytes_get_data(posted, &posted_size);
	g_autofree char *sha256 = sl_hash_bytes(bytes, posted_size);
	g_autoptr(SlSealed) opened = sl_seal_open(desk->machine, sealed, size, NULL);
	const char *body = sl_sealed_verify(opened, sl_seal_keys_public(desk->keys)->sign,
					    SL_SEAL_ANSWER, desk->server_id, &size, NULL);
	SlAnswer *answer = sl_answer_read(body, size, NULL);

	g_assert_cmpstr(answer->request, ==, sha256);
	return answer;
}

static int64_t
enroll_sealed(Desk *desk)
{
	g_autofree char *secret = make_token(&desk->db, 1, 0, false);
	g_autoptr(SlEnrollment) enrollment = sl_enrollment_new();
	g_autoptr(GBytes) posted = NULL;
	g_autoptr(SlAnswer) answer = NULL;

	enrollment->token = g_strdup(secret);
	enrollment->keys = *sl_seal_keys_public(desk->machine);
	enrollment->facts = machine_facts("web1");
	g_autofree char *body = sl_enrollment_write(enrollment);
	posted = seal(desk, SL_SEAL_ENROLL, 0, body);
	sl_fleet_take(desk->fleet, 1, SL_FLEET_ENROLL, "192.0.2.1", g_bytes_ref(posted));
	wait_for(desk, 1);
	g_assert_cmpuint(desk->codes[200], ==, 1);
	answer = read_answer(desk, posted);
	g_assert_cmpstr(answer->key, ==, "key of production");
	g_assert_cmpuint(answer->sources->len, ==, 1);
	return answer->computer;
}

static GBytes *
checkin(Desk *desk, int64_t computer, int64_t counter, int64_t epoch)
{
	g_autoptr(SlCheckin) one = sl_checkin_new();

	one->counter = counter;
	one->epoch = epoch;
	one->facts = machine_facts("web1");
	one->packages = packages("tool 1 amd64", NULL);
	one->inventory = sl_report_inventory_digest(one->packages);
	g_autofree char *body = sl_checkin_write(one);
	return seal(desk, SL_SEAL_CHECKIN, computer, body);
}

static void
test_an_answer_comes_when_the_row_is_there(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	g_autoptr(GBytes) posted = checkin(desk, computer, 5, 1);
	g_autoptr(SlAnswer) answer = NULL;

	sl_fleet_take(desk->fleet, 2, SL_FLEET_CHECKIN, "192.0.2.1", g_bytes_ref(posted));
	wait_for(desk, 2);
	answer = read_answer(desk, posted);
	g_assert_cmpstr(answer->state, ==, "active");
	g_assert_cmpint(answer->counter, ==, 5);
	g_assert_cmpint(number(&desk->db, "SELECT counter FROM computer"), ==, 5);
	assert_summary_is_right(&desk->db);
}

static void
test_many_at_once_are_answered_once_each_and_the_highest_counts(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	SlFleetCounts counts;
	const unsigned all = 300;

	for (unsigned i = 1; i <= all; i++)
		sl_fleet_take(desk->fleet, i, SL_FLEET_CHECKIN, "192.0.2.1",
			      checkin(desk, computer, i, 1));
	wait_for(desk, all + 1);
	sl_fleet_counts(desk->fleet, &counts);
	g_assert_cmpuint(desk->answers, ==, all + 1);
	g_assert_cmpuint(desk->codes[200] + desk->codes[409], ==, all + 1);
	g_assert_cmpint(counts.taken + counts.stale, ==, all);
	g_assert_cmpint(number(&desk->db, "SELECT counter FROM computer"), ==, all);
	assert_summary_is_right(&desk->db);
}

static void
test_who_is_wrong_is_told_so_and_nothing_changes(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	g_autoptr(GBytes) garbage = g_bytes_new_static("garbage", 7);
	g_autoptr(GBytes) earlier = checkin(desk, computer, 9, 0);
	g_autoptr(SlAnswer) answer = NULL;

	sl_fleet_take(desk->fleet, 2, SL_FLEET_CHECKIN, "a", g_bytes_ref(garbage));
	sl_fleet_take(desk->fleet, 3, SL_FLEET_CHECKIN, "a", checkin(desk, computer ^ 1, 9, 1));
	sl_fleet_take(desk->fleet, 4, SL_FLEET_ENROLL, "a", checkin(desk, computer, 9, 1));
	sl_fleet_take(desk->fleet, 5, SL_FLEET_CHECKIN, "a",
		      seal(desk, SL_SEAL_CHECKIN, computer, "{}"));
	wait_for(desk, 5);
	g_assert_cmpuint(desk->codes[400], ==, 3);
	g_assert_cmpuint(desk->codes[403], ==, 1);
	sl_fleet_take(desk->fleet, 6, SL_FLEET_CHECKIN, "a", g_bytes_ref(earlier));
	wait_for(desk, 6);
	answer = read_answer(desk, earlier);
	g_assert_cmpstr(answer->state, ==, "epoch");
	g_assert_cmpint(number(&desk->db, "SELECT counter FROM computer"), ==, 0);
	g_assert_cmpint(number(&desk->db, "SELECT count(*) FROM inventory"), ==, 0);
}

static bool
hold_writer(SlDb *db, gpointer data, GError **error)
{
	Desk *desk = data;

	(void)db;
	(void)error;
	g_mutex_lock(&desk->mutex);
	while (desk->codes[503] == 0)
		g_cond_wait(&desk->changed, &desk->mutex);
	g_mutex_unlock(&desk->mutex);
	return true;
}

static void
held(gpointer data, const GError *error)
{
	(void)data;
	g_assert_no_error(error);
}

static void
test_too_much_at_once_is_sent_away_and_the_rest_is_kept(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	const unsigned limit = 20, all = 30;

	sl_fleet_stop(desk->fleet);
	sl_fleet_free(desk->fleet);
	open_desk(desk, limit);
	/* the writer stands still until somebody was sent away */
	g_assert_true(sl_writer_queue(desk->writer, hold_writer, held, desk, NULL));
	for (unsigned i = 1; i <= all; i++)
		sl_fleet_take(desk->fleet, i, SL_FLEET_CHECKIN, "a", checkin(desk, computer, i, 1));
	wait_for(desk, all + 1);
	g_assert_cmpuint(desk->codes[503], >, 0);
	g_assert_cmpuint(desk->codes[200] + desk->codes[409] + desk->codes[503], ==, all + 1);
	sl_fleet_stop(desk->fleet);
	sl_fleet_take(desk->fleet, 99, SL_FLEET_CHECKIN, "a", checkin(desk, computer, 99, 1));
	wait_for(desk, all + 2);
	g_assert_cmpint(number(&desk->db, "SELECT counter FROM computer"), <=, all);
}

static void
test_statuses_follow_approvals_and_silence(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	g_autoptr(GError) error = NULL;

	sl_fleet_take(desk->fleet, 2, SL_FLEET_CHECKIN, "a", checkin(desk, computer, 1, 1));
	wait_for(desk, 2);
	add_update(&desk->db, 1, "tool", "2", "amd64", 0);
	g_assert_true(sl_fleet_derive(desk->fleet, false, NULL, &error));
	g_assert_cmpint(counted(&desk->db, 0, SL_STATUS_NEEDED), ==, 1);
	sl_fleet_sweep(desk->fleet, NOW + 1);
	sl_fleet_prune(desk->fleet);
	sl_fleet_stop(desk->fleet);
	g_assert_cmpint(counted(&desk->db, 0, SL_STATUS_NEEDED), ==, 0);
	g_assert_cmpint(counted(&desk->db, 0, SL_STATUS_SILENT), ==, 1);
	assert_summary_is_right(&desk->db);
}

/* At once where counting is quick, and by and by elsewhere. */
static void
wait_for_demand(Desk *desk, int64_t update, int64_t n)
{
	gint64 until_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	for (;;) {
		g_autoptr(SlDemand) demand = sl_fleet_demand(desk->fleet);

		if (demand && sl_demand_of(demand, update) == n)
			return;
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		sl_fleet_renew_demand(desk->fleet);
		g_usleep(G_USEC_PER_SEC / 100);
	}
}

static void
test_what_computers_need_follows_what_they_say(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);

	g_assert_null(sl_fleet_demand(desk->fleet)); /* not counted yet is not 0 */
	add_update(&desk->db, 1, "tool", "2", "amd64", -1);
	wait_for_demand(desk, 1, 0);
	sl_fleet_take(desk->fleet, 2, SL_FLEET_CHECKIN, "a", checkin(desk, computer, 1, 1));
	wait_for(desk, 2);
	wait_for_demand(desk, 1, 1);
	add_update(&desk->db, 2, "tool", "3", "amd64", -1);
	wait_for_demand(desk, 2, 1);
}

static void
test_what_was_counted_outlives_a_restart(Desk *desk, gconstpointer data)
{
	int64_t computer = enroll_sealed(desk);
	SlFleetCounts before, after;

	sl_fleet_take(desk->fleet, 2, SL_FLEET_CHECKIN, "a", checkin(desk, computer, 1, 1));
	sl_fleet_take(desk->fleet, 3, SL_FLEET_CHECKIN, "a", checkin(desk, computer ^ 1, 9, 1));
	wait_for(desk, 3);
	sl_fleet_take(desk->fleet, 4, SL_FLEET_CHECKIN, "a", checkin(desk, computer, 1, 1));
	wait_for(desk, 4);
	sl_fleet_stop(desk->fleet);
	sl_fleet_counts(desk->fleet, &before);
	g_assert_cmpint(before.refused, ==, 1);
	g_assert_cmpint(before.stale, ==, 1);
	sl_fleet_free(desk->fleet);
	open_desk(desk, 1000);
	sl_fleet_counts(desk->fleet, &after);
	g_assert_cmpmem(&before, sizeof before, &after, sizeof after);
}

static void
sweep_and_wait(Desk *desk, int64_t silent_at)
{
	SlFleet *fleet = desk->fleet;

	sl_fleet_sweep(fleet, silent_at);
	g_mutex_lock(&fleet->mutex);
	while (fleet->working > 0)
		g_cond_wait(&fleet->idle, &fleet->mutex);
	g_mutex_unlock(&fleet->mutex);
}

static int64_t
silent_ones(Desk *desk)
{
	return number(&desk->db, "SELECT sum(silent) FROM computer");
}

static void
test_nobody_is_looked_at_before_the_first_can_be_silent(Desk *desk, gconstpointer data)
{
	enroll_sealed(desk);
	sweep_and_wait(desk, NOW - DAY);
	/* behind its back: nothing in the world does that */
	execute(&desk->db, "UPDATE computer SET enrolled_at = %d", (int)(NOW - 3 * DAY));
	sweep_and_wait(desk, NOW - DAY + 30);
	g_assert_cmpint(silent_ones(desk), ==, 0);
	/* the clock was set back: what is known of it counts no more */
	sweep_and_wait(desk, NOW - 2 * DAY);
	g_assert_cmpint(silent_ones(desk), ==, 1);
}

static void
add(const char *path, void (*func)(Desk *desk, gconstpointer data))
{
	g_test_add(path, Desk, NULL, set_up, func, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/fleet/answer", test_an_answer_comes_when_the_row_is_there);
	add("/fleet/many", test_many_at_once_are_answered_once_each_and_the_highest_counts);
	add("/fleet/wrong", test_who_is_wrong_is_told_so_and_nothing_changes);
	add("/fleet/busy", test_too_much_at_once_is_sent_away_and_the_rest_is_kept);
	add("/fleet/counts", test_what_was_counted_outlives_a_restart);
	add("/fleet/sweep", test_nobody_is_looked_at_before_the_first_can_be_silent);
	add("/fleet/statuses", test_statuses_follow_approvals_and_silence);
	add("/fleet/demand", test_what_computers_need_follows_what_they_say);
	return g_test_run();
}
