#include "clients/coverage_curve.h"

#include <string.h>

#include "catalog/channel.h"
#include "catalog/naming.h"
#include "catalog/rating.h"

#define DAY_S INT64_C(86400)

void
sl_curve_free(SlCurve *curve)
{
	if (!curve)
		return;
	g_free(curve->name);
	g_free(curve->channel);
	g_array_unref(curve->points);
	g_free(curve);
}

/* A curve that is being added up. */
typedef struct {
	SlCurve *curve;
	GArray *changes; /* (owned, element-type SlCurvePoint): differences, in no order */
	SlCoveragePoint now;
} Sum;

static Sum *
sum_new(const char *name)
{
	Sum *sum = g_new0(Sum, 1);

	sum->curve = g_new0(SlCurve, 1);
	sum->curve->name = g_strdup(name);
	sum->curve->points = g_array_new(FALSE, FALSE, sizeof(SlCurvePoint));
	sum->changes = g_array_new(FALSE, FALSE, sizeof(SlCurvePoint));
	return sum;
}

static void
sum_free(gpointer data)
{
	Sum *sum = data;

	sl_curve_free(sum->curve);
	g_array_unref(sum->changes);
	g_free(sum);
}

static void
add_point(SlCoveragePoint *sum, const SlCoveragePoint *point, int sign)
{
	sum->covered += sign * point->covered;
	sum->missing += sign * point->missing;
	sum->reboot += sign * point->reboot;
	sum->failed += sign * point->failed;
	sum->unknown += sign * point->unknown;
	sum->silent += sign * point->silent;
}

/* Adds a line to a curve: what it was, as differences, and what it is now. */
static bool
add_line(SlDb *db, Sum *sum, const SlCoverageLine *line, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT at, covered, missing, reboot, failed, unknown, silent"
		    " FROM coverage_history WHERE channel_id = ?1 AND update_id = ?2 ORDER BY at");
	SlCoveragePoint last = {0}, now = sl_coverage_point(line);
	SlStep step;

	sl_query_bind_int(query, 1, line->channel_id);
	sl_query_bind_int(query, 2, update_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlCoveragePoint is = {sl_query_int(query, 1), sl_query_int(query, 2),
				      sl_query_int(query, 3), sl_query_int(query, 4),
				      sl_query_int(query, 5), sl_query_int(query, 6)};
		SlCurvePoint change = {sl_query_int(query, 0), is};

		add_point(&change.point, &last, -1);
		g_array_append_val(sum->changes, change);
		last = is;
	}
	add_point(&sum->now, &now, 1);
	return step == SL_DONE;
}

static int
compare_times(gconstpointer a, gconstpointer b)
{
	const SlCurvePoint *left = a, *right = b;

	return (left->at > right->at) - (left->at < right->at);
}

/* Whether a point takes the place of the one before it. */
static bool
replaces(const SlCurvePoint *last, int64_t at, int64_t since_at, bool daily)
{
	return last->at == at || at <= since_at ||
	       (daily && last->at > since_at && last->at / DAY_S == at / DAY_S);
}

static void
append(GArray *points, const SlCurvePoint *point, int64_t since_at, bool daily)
{
	SlCurvePoint *last =
		points->len > 0 ? &g_array_index(points, SlCurvePoint, points->len - 1) : NULL;

	if (last && replaces(last, point->at, since_at, daily))
		*last = *point;
	else
		g_array_append_vals(points, point, 1);
}

/* Adds up the differences; what stood before a time is the curve's first point. */
static SlCurve *
finish(Sum *sum, int64_t since_at, int64_t now_at, bool daily)
{
	GArray *points = sum->curve->points;
	SlCurvePoint point = {0};

	g_array_sort(sum->changes, compare_times);
	for (guint i = 0; i < sum->changes->len; i++) {
		const SlCurvePoint *change = &g_array_index(sum->changes, SlCurvePoint, i);

		/* a clock that was set back has left what is still to come */
		if (change->at >= now_at)
			break;
		point.at = change->at;
		add_point(&point.point, &change->point, 1);
		append(points, &point, since_at, daily);
	}
	append(points, &(SlCurvePoint){now_at, sum->now}, since_at, daily);
	if (points->len > 1)
		g_array_index(points, SlCurvePoint, 0).at =
			MAX(g_array_index(points, SlCurvePoint, 0).at, since_at);
	return g_steal_pointer(&sum->curve);
}

/* The sum of a name, made where there is none. */
static Sum *
sum_of(GPtrArray *sums, const char *name)
{
	Sum *made;

	for (guint i = 0; i < sums->len; i++) {
		Sum *sum = sums->pdata[i];

		if (strcmp(sum->curve->name, name) == 0)
			return sum;
	}
	made = sum_new(name);
	g_ptr_array_add(sums, made);
	return made;
}

static bool
add_channels(SlDb *db, GPtrArray *sums, bool all, const char *name, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_channel(db, now_at, error);
	g_autoptr(SlChannel) channel = NULL;

	if (!lines || (name && !all && !(channel = sl_channel_get(db, name, error))))
		return false;
	for (guint i = 0; i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];

		if ((!channel || channel->id == line->id) &&
		    !add_line(db, sum_of(sums, all ? "all" : line->name), line, 0, error))
			return false;
	}
	return true;
}

/* In the order of ratings, also those of which nothing is approved. */
static bool
add_ratings(SlDb *db, GPtrArray *sums, const char *name, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) ratings = sl_rating_list(db, error);
	g_autoptr(GPtrArray) lines = ratings ? sl_coverage_by_update(db, now_at, error) : NULL;
	g_autoptr(SlRating) only = NULL;

	if (!lines || (name && !(only = sl_rating_get(db, name, error))))
		return false;
	for (guint i = 0; i < ratings->len; i++) {
		const SlRating *rating = ratings->pdata[i];

		if (!only || strcmp(only->name, rating->name) == 0)
			sum_of(sums, rating->name);
	}
	for (guint i = 0; i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];
		const char *rating = line->rating ? line->rating : "none";

		if ((!only || strcmp(only->name, rating) == 0) &&
		    !add_line(db, sum_of(sums, rating), line, line->id, error))
			return false;
	}
	return true;
}

static bool
add_update(SlDb *db, GPtrArray *sums, const char *name, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) lines = NULL;
	int64_t id;

	if (!name)
		return sl_error_set(error, SL_ERROR_INVALID, "name: which update is it about?");
	id = sl_naming_find(db, name, SL_NAMING_NEWEST, 0, error);
	lines = id ? sl_coverage_by_update(db, now_at, error) : NULL;
	for (guint i = 0; lines && i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];
		Sum *sum;

		if (line->id != id)
			continue;
		sum = sum_new(line->name);
		g_ptr_array_add(sums, sum);
		sum->curve->channel = g_strdup(line->channel);
		sum->curve->from_at = line->from_at;
		sum->curve->deadline_at = line->deadline_at;
		if (!add_line(db, sum, line, line->id, error))
			return false;
	}
	return lines != NULL;
}

GPtrArray *
sl_coverage_curves(SlDb *db, SlCurvesBy by, const char *name, int64_t since_at, int64_t now_at,
		   GError **error)
{
	g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(sum_free);
	GPtrArray *curves;
	bool ok;

	if (by == SL_CURVES_UPDATE)
		ok = add_update(db, sums, name, now_at, error);
	else if (by == SL_CURVES_RATING)
		ok = add_ratings(db, sums, name, now_at, error);
	else
		ok = add_channels(db, sums, by == SL_CURVES_ALL, name, now_at, error);
	if (!ok)
		return NULL;
	curves = g_ptr_array_new_with_free_func((GDestroyNotify)sl_curve_free);
	for (guint i = 0; i < sums->len; i++)
		g_ptr_array_add(curves,
				finish(sums->pdata[i], since_at, now_at, by != SL_CURVES_UPDATE));
	return curves;
}
