/* metrics.c - figures for Prometheus, in its text format
 *
 * All of it comes from counts that are kept, or from what the program knows of itself: it may be
 * asked for every few seconds.
 */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/publication_table.h"
#include "catalog/update_list.h"
#include "clients/overview.h"
#include "server/admin/admin.h"
#include "server/admin/answer.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

static void
family(GString *text, const char *name, const char *type, const char *help)
{
	g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and line feed are escaped; what is no UTF-8 is made some. */
static void
append_label(GString *text, const char *name, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid(value ? value : "", -1);

	g_string_append_printf(text, "%s=\"", name);
	for (const char *c = valid; *c; c++) {
		if (*c == '\\' || *c == '"')
			g_string_append_c(text, '\\');
		if (*c == '\n')
			g_string_append(text, "\\n");
		else
			g_string_append_c(text, *c);
	}
	g_string_append_c(text, '"');
}

/* A sample; its labels are pairs of name and value, ended by NULL. */
static void G_GNUC_NULL_TERMINATED
sample(GString *text, const char *name, int64_t value, ...)
{
	const char *label, *separator = "{";
	va_list labels;

	g_string_append(text, name);
	va_start(labels, value);
	while ((label = va_arg(labels, const char *))) {
		g_string_append(text, separator);
		append_label(text, label, va_arg(labels, const char *));
		separator = ",";
	}
	va_end(labels);
	g_string_append_printf(text, "%s %" PRId64 "\n", *separator == ',' ? "}" : "", value);
}

static bool
add_computers(GString *text, SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_channel(db, now_at, error);
	SlOverview overview;

	if (!lines || !sl_overview_read(db, now_at, &overview, error))
		return false;
	family(text, "sluice_computers", "gauge", "Active computers by channel and coverage.");
	for (guint i = 0; i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];

		for (int k = 0; k < SL_STANDINGS; k++)
			sample(text, "sluice_computers", line->standing[sl_standings[k]], "channel",
			       line->name, "coverage", sl_status_standing(sl_standings[k]), NULL);
	}
	family(text, "sluice_computers_pending", "gauge",
	       "Computers that wait for a person to accept them.");
	sample(text, "sluice_computers_pending", overview.pending, NULL);
	family(text, "sluice_computers_overdue", "gauge",
	       "Computers that lack an update past its deadline, by its rating.");
	for (int i = 0; i < SL_RATINGS; i++)
		sample(text, "sluice_computers_overdue", overview.overdue[i], "rating",
		       sl_standing_rating(i), NULL);
	return true;
}

static bool
add_updates(GString *text, SlDb *db, GError **error)
{
	g_autofree int64_t *counts = sl_update_count_states(db, error);

	if (!counts)
		return false;
	family(text, "sluice_updates", "gauge", "Known updates by state.");
	for (int i = 0; sl_update_states[i]; i++)
		sample(text, "sluice_updates", counts[i], "state", sl_update_states[i], NULL);
	return true;
}

static bool
add_upstreams(GString *text, SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) list = sl_upstream_list(db, NULL, NULL, error);
	g_autoptr(GString) outcomes = g_string_new(NULL);
	g_autoptr(GString) times = g_string_new(NULL);

	if (!list)
		return false;
	for (guint i = 0; i < list->len; i++) {
		const SlUpstream *one = list->pdata[i];
		SlSyncHistory history;

		if (!sl_sync_run_history(db, one->id, &history, error))
			return false;
		if (history.run_id == 0)
			continue;
		sample(outcomes, "sluice_sync_failures", history.failures, "upstream", one->name,
		       "outcome", history.outcome, NULL);
		sample(times, "sluice_sync_timestamp_seconds", history.ended_at, "upstream",
		       one->name, NULL);
	}
	family(text, "sluice_sync_failures", "gauge",
	       "Failed syncs since the last good one, with the outcome of the last.");
	g_string_append(text, outcomes->str);
	family(text, "sluice_sync_timestamp_seconds", "gauge",
	       "When the last sync ended, or began if it runs.");
	g_string_append(text, times->str);
	return true;
}

static bool
add_publications(GString *text, SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) channels = sl_channel_list(db, error);
	g_autoptr(GString) ends = g_string_new(NULL);

	if (!channels)
		return false;
	family(text, "sluice_publication_timestamp_seconds", "gauge",
	       "When a channel's publication was signed; 0: never.");
	for (guint i = 0; i < channels->len; i++) {
		const SlChannel *channel = channels->pdata[i];
		g_auto(SlPublicationState) state = {0};

		if (!sl_publication_state(db, channel->id, &state, error))
			return false;
		sample(text, "sluice_publication_timestamp_seconds", state.signed_at, "channel",
		       channel->name, NULL);
		sample(ends, "sluice_publication_valid_until_seconds", state.valid_until, "channel",
		       channel->name, NULL);
	}
	family(text, "sluice_publication_valid_until_seconds", "gauge",
	       "Until when computers take a channel's publication; 0: there is none.");
	g_string_append(text, ends->str);
	return true;
}

static void
add_jobs(GString *text, SlJobs *jobs)
{
	static const char *const states[] = {"queued", "running", NULL};
	g_autoptr(GPtrArray) list = sl_jobs_list(jobs);

	family(text, "sluice_jobs", "gauge", "Jobs that run or wait.");
	for (const char *const *state = states; *state; state++) {
		int64_t n = 0;

		for (guint i = 0; i < list->len; i++)
			n += strcmp(((const SlJobInfo *)list->pdata[i])->state, *state) == 0;
		sample(text, "sluice_jobs", n, "state", *state, NULL);
	}
}

/* What the program says of itself. */
static void
add_program(GString *text, const json_t *status)
{
	static const char *const outcomes[][2] = {{"checkins", "taken"},
						  {"stale", "stale"},
						  {"refused", "refused"},
						  {"busy", "busy"}};

	family(text, "sluice_info", "gauge", "Always 1, with the version.");
	sample(text, "sluice_info", 1, "version",
	       json_string_value(json_object_get(status, "version")), NULL);
	family(text, "sluice_messages_total", "counter",
	       "Messages of computers by what they came to.");
	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++)
		sample(text, "sluice_messages_total",
		       json_integer_value(json_object_get(status, outcomes[i][0])), "outcome",
		       outcomes[i][1], NULL);
	family(text, "sluice_enrolments_total", "counter", "Computers that enrolled.");
	sample(text, "sluice_enrolments_total",
	       json_integer_value(json_object_get(status, "enrolled")), NULL);
	family(text, "sluice_front_serving", "gauge", "1 while the public listener serves.");
	sample(text, "sluice_front_serving", json_is_true(json_object_get(status, "serving")),
	       NULL);
	family(text, "sluice_front_starts_total", "counter", "Starts of the public listener.");
	sample(text, "sluice_front_starts_total",
	       json_integer_value(json_object_get(status, "front_starts")), NULL);
}

json_t *
sl_admin_metrics(SlAdminCall *call, GError **error)
{
	const SlAdmin *admin = call->admin;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(json_t) status = admin->status(admin->app);

	add_program(text, status);
	add_jobs(text, admin->jobs);
	if (!add_computers(text, call->db, sl_clock_now(admin->clock), error) ||
	    !add_updates(text, call->db, error) || !add_upstreams(text, call->db, error) ||
	    !add_publications(text, call->db, error))
		return NULL;
	call->file = sl_answer_text(call->request, TYPE, text->str);
	return json_object();
}
