/* reader.c - the reading half of publications: no database, no keys; the front needs only this */
#include "catalog/base/fs.h"
#include "catalog/publish/publication.h"
#include "catalog/publish/tree.h"

int
sl_publication_open_channel(int state_fd, const char *channel, GError **error)
{
	g_autofree char *path = g_strdup_printf("publications/%s", channel);

	return sl_fs_make_dir(state_fd, path, 0755, error);
}

SlPathIndex *
sl_publication_open_current(int channel_fd, GError **error)
{
	return sl_tree_open_index(channel_fd, "current", error);
}

SlPathIndex *
sl_publication_open_serial(int channel_fd, const char *serial, GError **error)
{
	g_autofree char *path = g_strdup_printf("trees/%s", serial);

	return sl_tree_open_index(channel_fd, path, error);
}

int
sl_publication_open_file(int channel_fd, const char *sha256, GError **error)
{
	return sl_tree_open_file(channel_fd, sha256, error);
}
