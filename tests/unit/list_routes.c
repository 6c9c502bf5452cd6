/* list_routes.c - prints the admin API's table, for tests: method, path, right, arguments, confirm
 */
#include <stdio.h>

#include "server/admin/admin.h"

static const char *
confirm(unsigned flags)
{
	return flags & SL_ROUTE_CONFIRM ? "always" : flags & SL_ROUTE_CONFIRM_SOME ? "some" : "";
}

int
main(void)
{
	static const char *const rights[] = {
		[SL_RIGHT_PUBLIC] = "public",	[SL_RIGHT_READ] = "read",
		[SL_RIGHT_CERTIFY] = "certify", [SL_RIGHT_APPROVE] = "approve",
		[SL_RIGHT_OWN] = "own",
	};
	size_t count;
	const SlAdminRoute *routes = sl_admin_routes(&count);

	for (size_t i = 0; i < count; i++)
		printf("%s\t%s\t%s\t%s\t%s\n", routes[i].method, routes[i].path,
		       rights[routes[i].right], routes[i].arguments, confirm(routes[i].flags));
	return 0;
}
