/* What machines and servers say once the seal is off; what is read is written and read the same. */
#include <string.h>

#include "clients/report.h"
#include "tests/fuzz/fuzz.h"

static void
try_checkin(const char *body, size_t size)
{
	g_autoptr(SlCheckin) read = sl_checkin_read(body, size, NULL);
	g_autofree char *text = read ? sl_checkin_write(read) : NULL;
	g_autoptr(SlCheckin) again = text ? sl_checkin_read(text, strlen(text), NULL) : NULL;
	g_autofree char *same = again ? sl_checkin_write(again) : NULL;

	g_assert_cmpstr(text, ==, same);
}

static void
try_enrollment(const char *body, size_t size)
{
	g_autoptr(SlEnrollment) read = sl_enrollment_read(body, size, NULL);
	g_autofree char *text = read ? sl_enrollment_write(read) : NULL;
	g_autoptr(SlEnrollment) again = text ? sl_enrollment_read(text, strlen(text), NULL) : NULL;
	g_autofree char *same = again ? sl_enrollment_write(again) : NULL;

	g_assert_cmpstr(text, ==, same);
}

static void
try_answer(const char *body, size_t size)
{
	g_autoptr(SlAnswer) read = sl_answer_read(body, size, NULL);
	g_autofree char *text = read ? sl_answer_write(read) : NULL;
	g_autoptr(SlAnswer) again = text ? sl_answer_read(text, strlen(text), NULL) : NULL;
	g_autofree char *same = again ? sl_answer_write(again) : NULL;

	g_assert_cmpstr(text, ==, same);
}

static void
try_keys(const char *body, size_t size)
{
	g_autofree char *server_id = NULL;
	SlSealPublic keys;

	if (sl_report_read_keys(body, size, &server_id, &keys, NULL)) {
		g_autofree char *text = sl_report_write_keys(server_id, &keys);

		g_assert_nonnull(text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_checkin((const char *)bytes, size);
	try_enrollment((const char *)bytes, size);
	try_answer((const char *)bytes, size);
	try_keys((const char *)bytes, size);
	return 0;
}
