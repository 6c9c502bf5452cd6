/* What is read as a message is the same once written and read again. */
#include <string.h>

#include "clients/report.h"
#include "fuzz.h"

#define TARGET(Type, name)                                                                         \
	static void try_##name(const char *body, size_t size)                                      \
	{                                                                                          \
		GError *error = NULL;                                                              \
		g_autoptr(Type) read = sl_##name##_read(body, size, &error);                       \
                                                                                                   \
		fuzz_check_error(read != NULL, error);                                             \
		if (!read)                                                                         \
			return;                                                                    \
		g_autofree char *first = sl_##name##_write(read);                                  \
		g_autoptr(Type) again = sl_##name##_read(first, strlen(first), NULL);              \
		if (!again)                                                                        \
			g_error("not read back: %s", first);                                       \
		g_autofree char *second = sl_##name##_write(again);                                \
		if (strcmp(first, second) != 0)                                                    \
			g_error("read back as something else: %s, %s", first, second);             \
	}

TARGET(SlCheckin, checkin)
TARGET(SlEnrollment, enrollment)
TARGET(SlAnswer, answer)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *server_id = NULL;
	SlSealPublic keys;
	GError *error = NULL;
	bool ok;

	try_checkin((const char *)data, size);
	try_enrollment((const char *)data, size);
	try_answer((const char *)data, size);
	ok = sl_report_read_keys((const char *)data, size, &server_id, &keys, &error);
	fuzz_check_error(ok, error);
	return 0;
}
