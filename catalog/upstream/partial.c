#include "catalog/upstream/partial.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ATTRIBUTE "user.sluice.etag"
#define SIZE	  256

void
sl_partial_resume(SlFetch *fetch)
{
	char etag[SIZE];
	ssize_t length = fgetxattr(fetch->fd, ATTRIBUTE, etag, sizeof etag - 1);
	struct stat status;

	if (length <= 0 || fstat(fetch->fd, &status) < 0 || status.st_size >= fetch->limit)
		return;
	etag[length] = '\0';
	fetch->offset = status.st_size;
	fetch->if_range = g_strdup(etag);
}

void
sl_partial_begin(SlFetch *fetch, gpointer data)
{
	const char *etag = fetch->ret_etag;

	(void)data;
	/* weak ones ("W/...") do not promise the same bytes */
	if (etag && etag[0] == '"' && strlen(etag) < SIZE)
		fsetxattr(fetch->fd, ATTRIBUTE, etag, strlen(etag), 0);
	else
		fremovexattr(fetch->fd, ATTRIBUTE);
}
