/* settings.c - what is decided once for all updates: times by rating, the second person */
#include "catalog/setting.h"

#include "catalog/base/limits.h"
#include "catalog/channel.h"
#include "catalog/rating.h"
#include "server/admin/admin.h"

#define RATINGS_MAX 16 /* in one request */

static json_t *
ratings_of(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) list = sl_rating_list(db, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlRating *one = list->pdata[i];

		json_array_append_new(
			items,
			json_pack("{s:s, s:o, s:I}", "rating", one->name, "allow_s",
				  one->allow_s < 0 ? json_null() : json_integer(one->allow_s),
				  "soak_s", (json_int_t)one->soak_s));
	}
	return items;
}

static json_t *
channels_of(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) list = sl_channel_list(db, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlChannel *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:s?}", "name", one->name,
						       "fingerprint", one->fingerprint));
	}
	return items;
}

json_t *
sl_admin_settings(SlAdminCall *call, GError **error)
{
	g_autoptr(json_t) ratings = ratings_of(call->db, error);
	g_autoptr(json_t) channels = ratings ? channels_of(call->db, error) : NULL;
	bool two_people;

	if (!channels || !sl_setting_two_people(call->db, &two_people, error))
		return NULL;
	return json_pack("{s:O, s:b, s:O, s:s}", "ratings", ratings, "two_people", (int)two_people,
			 "channels", channels, "server_key",
			 call->admin->server_key(call->admin->app));
}

typedef struct {
	const json_t *ratings;	  /* NULL: they stay */
	const json_t *two_people; /* likewise */
	const char *person;
	int64_t now_at;
} Changing;

/* What a request leaves out stays as it is. */
static bool
change_rating(SlDb *db, const json_t *json, const Changing *changing, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "rating");
	const char *name = sl_json_take_text(reader, "rating", SL_LIMIT_NAME);
	int64_t allow_s = sl_json_take_int_or(reader, "allow_s", 0, SL_RATING_ALLOW_MAX, -1);
	int64_t soak_s = sl_json_take_int_or(reader, "soak_s", 0, SL_RATING_SOAK_MAX, -1);
	g_autoptr(SlRating) rating = NULL;

	if (!sl_json_finish(reader, error) || !(rating = sl_rating_get(db, name, error)))
		return false;
	if (allow_s >= 0)
		rating->allow_s = allow_s;
	if (soak_s >= 0)
		rating->soak_s = soak_s;
	return sl_rating_change(db, rating, changing->person, changing->now_at, error);
}

static bool
change(SlDb *db, gpointer data, GError **error)
{
	const Changing *changing = data;

	for (size_t i = 0; i < json_array_size(changing->ratings); i++)
		if (!change_rating(db, json_array_get(changing->ratings, i), changing, error))
			return false;
	return !changing->two_people ||
	       sl_setting_set_two_people(db, json_is_true(changing->two_people), changing->person,
					 changing->now_at, error);
}

json_t *
sl_admin_settings_change(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "settings");
	Changing changing = {
		.ratings = sl_json_take_array_or_null(reader, "ratings", RATINGS_MAX),
		.two_people = json_object_get(call->body, "two_people"),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
	};

	if (changing.two_people)
		sl_json_take_bool(reader, "two_people");
	if (!sl_json_finish(reader, error) || !sl_admin_write(call, change, &changing, error))
		return NULL;
	return sl_admin_settings(call, error);
}
