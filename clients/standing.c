#include "clients/standing.h"

#include <string.h>

#include "catalog/rating.h"

const SlStatus sl_standings[SL_STANDINGS] = {
	SL_STATUS_INSTALLED, SL_STATUS_NEEDED,	SL_STATUS_PENDING_REBOOT,
	SL_STATUS_FAILED,    SL_STATUS_UNKNOWN, SL_STATUS_SILENT,
};

const char *
sl_standing_rating(int rating)
{
	return sl_rating_names[rating];
}

SlAskedSlot
sl_asked_slot(int64_t slot, const char *rating, int64_t first_at)
{
	SlAskedSlot asked = {slot, -1, first_at};

	for (int i = 0; rating && i < SL_RATINGS; i++)
		if (strcmp(sl_rating_names[i], rating) == 0)
			asked.rating = i;
	return asked;
}

static void
lack(SlStanding *standing, const SlAskedSlot *asked)
{
	int64_t *lacks_at;

	standing->missing++;
	if (asked->rating < 0)
		return;
	lacks_at = &standing->lacks_at[asked->rating];
	if (*lacks_at == 0 || asked->first_at < *lacks_at)
		*lacks_at = asked->first_at;
}

SlStanding
sl_standing_of(const void *states, size_t size, const GArray *slots)
{
	/* from fine to worst, and how bad each status is */
	static const SlStatus worst[] = {SL_STATUS_INSTALLED, SL_STATUS_UNKNOWN,
					 SL_STATUS_PENDING_REBOOT, SL_STATUS_NEEDED,
					 SL_STATUS_FAILED};
	static const uint8_t badness[SL_STATUSES] = {
		[SL_STATUS_UNKNOWN] = 1,    [SL_STATUS_PENDING_REBOOT] = 2, [SL_STATUS_NEEDED] = 3,
		[SL_STATUS_DOWNLOADED] = 3, [SL_STATUS_FAILED] = 4,
	};
	SlStanding standing = {0};
	uint8_t bad = 0;

	for (guint i = 0; i < slots->len; i++) {
		const SlAskedSlot *asked = &g_array_index(slots, SlAskedSlot, i);
		SlStatus status = sl_states_get(states, size, asked->slot);

		bad = MAX(bad, badness[status % SL_STATUSES]);
		if (sl_status_is_missing(status))
			lack(&standing, asked);
	}
	standing.worst = worst[bad];
	return standing;
}

bool
sl_standing_equal(const SlStanding *a, const SlStanding *b)
{
	return a->worst == b->worst && a->missing == b->missing &&
	       memcmp(a->lacks_at, b->lacks_at, sizeof a->lacks_at) == 0;
}
