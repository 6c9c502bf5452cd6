#include "clients/status.h"

#include <string.h>

static const char *const names[SL_STATUSES] = {
	"unknown",   "not-applicable", "needed", "downloaded",
	"installed", "pending-reboot", "failed", "silent",
};

const char *
sl_status_name(SlStatus status)
{
	return names[status < SL_STATUSES ? status : SL_STATUS_UNKNOWN];
}

const char *
sl_status_standing(SlStatus standing)
{
	if (standing == SL_STATUS_INSTALLED)
		return "covered";
	return standing == SL_STATUS_NEEDED ? "missing" : sl_status_name(standing);
}

bool
sl_status_read(const char *word, SlStatus *ret_status, GError **error)
{
	for (int i = 0; i < SL_STATUSES; i++)
		if (strcmp(word, names[i]) == 0) {
			*ret_status = (SlStatus)i;
			return true;
		}
	return sl_error_set(error, SL_ERROR_INVALID, "no status '%s'", word);
}

bool
sl_status_is_missing(SlStatus status)
{
	return status == SL_STATUS_NEEDED || status == SL_STATUS_DOWNLOADED ||
	       status == SL_STATUS_PENDING_REBOOT || status == SL_STATUS_FAILED;
}

SlStatus
sl_states_get(const void *states, size_t size, int64_t slot)
{
	const uint8_t *bytes = states;

	if (slot < 0 || (uint64_t)slot / 2 >= size)
		return SL_STATUS_UNKNOWN;
	return (SlStatus)(bytes[slot / 2] >> (slot % 2 * 4) & 0xf);
}

void
sl_states_set(GByteArray *states, int64_t slot, SlStatus status)
{
	guint index = (guint)(slot / 2), shift = (guint)(slot % 2 * 4);
	guint before = states->len;

	if (index >= before) {
		g_byte_array_set_size(states, index + 1);
		memset(states->data + before, 0, index + 1 - before);
	}
	states->data[index] =
		(guint8)((states->data[index] & ~(0xfu << shift)) | (guint)status << shift);
}
