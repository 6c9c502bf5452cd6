/* Writes seeds of fuzz_checkin that are too large for the repository.
 *
 *   seeds_checkin REAL FULL DENSE
 *
 * REAL is what an agent sends of a machine with 1,500 packages, FULL of one with as many as a
 * message holds, DENSE a message of nothing but what takes the most memory to read.
 */
#include <stdio.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "clients/report.h"

#define PACKAGES_MAX 6500

static void
put(const char *path, const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;

	if (size > SL_LIMIT_CHECKIN)
		g_error("%s: %zu bytes", path, size);
	if (!g_file_set_contents(path, text, (gssize)size, &error))
		g_error("%s", error->message);
}

static void
put_checkin(const char *path, int packages)
{
	g_autoptr(SlCheckin) checkin = g_new0(SlCheckin, 1);
	g_autofree char *text = NULL;

	checkin->counter = checkin->epoch = checkin->at = 1;
	checkin->facts = (SlReportFacts){
		.name = g_strdup("web1"),
		.os_id = g_strdup("debian"),
		.os_codename = g_strdup("bookworm"),
		.os_version = g_strdup("12"),
		.architectures = g_strdup("amd64"),
		.kernel = g_strdup("6.1.0-37-amd64"),
		.agent = g_strdup("0.1.0"),
	};
	checkin->packages = sl_report_package_array_new();
	for (int i = 0; i < packages; i++) {
		g_autofree char *name = g_strdup_printf("libpackage%04d", i);
		g_autofree char *version = g_strdup_printf("1:%d.2-3+b%d", i % 40, i % 3);

		g_ptr_array_add(checkin->packages, sl_report_package_new(name, version, "amd64"));
	}
	checkin->inventory = sl_report_inventory_digest(checkin->packages);
	checkin->results = sl_report_result_array_new();
	text = sl_checkin_write(checkin);
	put(path, text, strlen(text));
}

static void
put_dense(const char *path)
{
	g_autoptr(GString) text = g_string_new("[");

	while (text->len + strlen("{},0]") < SL_LIMIT_CHECKIN)
		g_string_append(text, "{},");
	g_string_append(text, "0]");
	put(path, text->str, text->len);
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: %s REAL FULL DENSE\n", argv[0]);
		return 2;
	}
	put_checkin(argv[1], 1500);
	put_checkin(argv[2], PACKAGES_MAX);
	put_dense(argv[3]);
	return 0;
}
