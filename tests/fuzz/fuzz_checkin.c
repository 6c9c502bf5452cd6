/* What is read as a message is the same once written and read again, and reading it takes little.
 */
#include <string.h>

#include "clients/report.h"
#include "fuzz.h"
#include "meter.h"

#define MEMORY (16 * 1024 * 1024) /* bytes that reading may take at once */

#define TARGET(Type, name)                                                                         \
	static Type *read_##name(const char *body, size_t size, GError **error)                    \
	{                                                                                          \
		for (int attempt = 1;; attempt++) {                                                \
			g_autoptr(GError) problem = NULL;                                          \
			fuzz_meter_start();                                                        \
			g_autoptr(Type) read = sl_##name##_read(body, size, &problem);             \
			if (!fuzz_meter_stop(MEMORY, attempt))                                     \
				continue;                                                          \
			if (problem)                                                               \
				g_propagate_error(error, g_steal_pointer(&problem));               \
			return g_steal_pointer(&read);                                             \
		}                                                                                  \
	}                                                                                          \
                                                                                                   \
	static void try_##name(const char *body, size_t size)                                      \
	{                                                                                          \
		GError *error = NULL;                                                              \
		g_autoptr(Type) read = read_##name(body, size, &error);                            \
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

static void
try_keys(const char *body, size_t size)
{
	for (int attempt = 1;; attempt++) {
		g_autofree char *server_id = NULL;
		SlSealPublic keys;
		GError *error = NULL;
		bool ok;

		fuzz_meter_start();
		ok = sl_report_read_keys(body, size, &server_id, &keys, &error);
		if (fuzz_meter_stop(MEMORY, attempt)) {
			fuzz_check_error(ok, error);
			return;
		}
		g_clear_error(&error);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;

	try_checkin(body, size);
	try_enrollment(body, size);
	try_answer(body, size);
	try_keys(body, size);
	fuzz_meter_keep_slow(data, size);
	return 0;
}
