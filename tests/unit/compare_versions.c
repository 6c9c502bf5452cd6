/* Compares the two versions on each line of the input: prints -1, 0 or 1. */
#include <glib.h>
#include <stdio.h>

#include "catalog/version.h"

int
main(void)
{
	char line[1024];

	while (fgets(line, sizeof line, stdin)) {
		g_auto(GStrv) pair = g_strsplit(g_strchomp(line), " ", 2);
		int order;

		if (g_strv_length(pair) != 2)
			return 1;
		order = sl_version_compare(pair[0], pair[1]);
		printf("%d\n", (order > 0) - (order < 0));
	}
	return 0;
}
