#include "tests/bench/made_fleet.h"

#include <stdbool.h>

int
made_fleet_kind(const MadeFleet *made, int computer)
{
	return computer / MADE_GROUPS % made->kinds;
}

int
made_fleet_group(int computer)
{
	return computer % MADE_GROUPS;
}

static uint32_t
mix(uint32_t a, uint32_t b)
{
	uint32_t mixed = a * 2654435761u ^ b * 2246822519u;

	mixed ^= mixed >> 15;
	mixed *= 3266489917u;
	return mixed ^ mixed >> 13;
}

SlStatus
made_fleet_status(const MadeFleet *made, int kind, int update)
{
	int pair = kind / 2, first = (int)(mix((uint32_t)pair, 7) % (uint32_t)made->updates);
	uint32_t percent = mix((uint32_t)pair, (uint32_t)update) % 100;

	if ((update - first + made->updates) % made->updates < MADE_CHANGED)
		return kind % 2 ? SL_STATUS_INSTALLED : SL_STATUS_NEEDED;
	return percent < 85   ? SL_STATUS_INSTALLED
	       : percent < 93 ? SL_STATUS_NEEDED
			      : SL_STATUS_NOT_APPLICABLE;
}

int64_t
made_fleet_count(const MadeFleet *made, int group, int update, SlStatus status)
{
	int64_t n = 0;

	for (int computer = 0; computer < made->computers; computer++)
		if ((group < 0 || made_fleet_group(computer) == group) &&
		    made_fleet_status(made, made_fleet_kind(made, computer), update) == status)
			n++;
	return n;
}

char *
made_fleet_update(int update)
{
	return g_strdup_printf("update%05d", update);
}

GPtrArray *
made_fleet_packages(const MadeFleet *made, int kind)
{
	GPtrArray *packages = sl_report_package_array_new();

	for (int update = 0; update < made->updates; update++) {
		g_autofree char *name = made_fleet_update(update);
		SlStatus status = made_fleet_status(made, kind, update);

		if (status != SL_STATUS_NOT_APPLICABLE)
			g_ptr_array_add(packages,
					sl_report_package_new(
						name,
						status == SL_STATUS_INSTALLED ? MADE_NEW : MADE_OLD,
						"amd64"));
	}
	/* the others have versions of which a handful is about, as in a real fleet */
	for (int i = 0; (int)packages->len < made->packages; i++) {
		g_autofree char *name = g_strdup_printf("package%05d", i);
		g_autofree char *version =
			g_strdup_printf("1.%u-1", mix((uint32_t)kind / 2, (uint32_t)i) % 4);

		g_ptr_array_add(packages, sl_report_package_new(name, version, "amd64"));
	}
	return packages;
}

GPtrArray *
made_fleet_digests(const MadeFleet *made)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (int kind = 0; kind < made->kinds; kind++) {
		g_autoptr(GPtrArray) packages = made_fleet_packages(made, kind);

		g_ptr_array_add(list, sl_report_inventory_digest(packages));
	}
	return list;
}

void
made_fleet_facts(int computer, SlReportFacts *ret_facts)
{
	*ret_facts = (SlReportFacts){
		.name = g_strdup_printf("pc%06d.example.org", computer),
		.os_id = g_strdup("debian"),
		.os_codename = g_strdup("bookworm"),
		.os_version = g_strdup("12"),
		.architectures = g_strdup("amd64"),
		.kernel = g_strdup("6.1.0-37-amd64"),
		.agent = g_strdup("0.1.0"),
	};
}
