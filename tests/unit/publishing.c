#include "tests/unit/publishing.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/payload.h"
#include "catalog/publish/publication.h"
#include "catalog/schema.h"

#define FINGERPRINT "0123456789ABCDEF0123456789ABCDEF01234567"
#define INDEX	    "0000000000000000000000000000000000000000000000000000000000000000"

void
open_publisher(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	f->publisher = sl_publisher_new(
		&(SlPublicationContext){.db_path = f->db_path,
					.writer = f->writer,
					.signer = f->signer,
					.store = f->store,
					.clock = f->clock,
					.state_fd = f->state_fd,
					.settings = sl_publication_settings_default()},
		&error);
	g_assert_no_error(error);
}

void
execute(Fixture *f, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *sql = NULL;
	va_list arguments;

	va_start(arguments, format);
	sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	sl_db_exec(f->db, sql, &error);
	g_assert_no_error(error);
}

int64_t
number_of(Fixture *f, const char *sql)
{
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);

	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	return sl_query_int(query, 0);
}

void
set_up(Fixture *f, gconstpointer data)
{
	const SlSchemaPart *parts[] = {sl_schema_catalog(), NULL};
	g_autoptr(GError) error = NULL;

	(void)data;
	f->root = g_dir_make_tmp("slXXXXXX", &error);
	g_assert_no_error(error);
	f->db_path = g_build_filename(f->root, "sluice.db", NULL);
	f->state_fd = sl_fs_open_dir(f->root, &error);
	f->db = sl_db_open(f->db_path, SL_DB_WRITE, &error);
	sl_schema_apply(f->db, parts, &error);
	f->writer = sl_writer_new(sl_db_open(f->db_path, SL_DB_WRITE, &error), 100);
	f->clock = sl_clock_new_fixed(START);
	f->signer = sl_signer_new(f->root, &error);
	f->store = sl_payload_store_open(f->state_fd, &error);
	g_assert_no_error(error);
	open_publisher(f);
	execute(f, "INSERT INTO upstream (id, name, kind, role, url, suite, components,"
		   " architectures, publish_suite, keyring, fingerprints, added_at)"
		   " VALUES (1, 'test', 'debian', 'updates', 'http://archive.example.org/', 's',"
		   " 'main', 'amd64', 's', x'00', '', 0)");
}

void
tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_publisher_free(f->publisher);
	sl_payload_store_free(f->store);
	sl_signer_free(f->signer);
	sl_clock_free(f->clock);
	sl_writer_free(f->writer);
	sl_db_free(f->db);
	close(f->state_fd);
	g_autofree char *parent = g_path_get_dirname(f->root);
	g_autofree char *name = g_path_get_basename(f->root);
	sl_autofd int fd = sl_fs_open_dir(parent, NULL);
	sl_fs_remove_tree(fd, name, NULL);
	g_free(f->db_path);
	g_free(f->root);
}

char *
sha256_of(const char *text)
{
	g_autoptr(SlHash) hash = sl_hash_new();

	sl_hash_add(hash, text, strlen(text));
	return sl_hash_finish(hash);
}

char *
store_payload(Fixture *f, const char *text)
{
	g_autoptr(GError) error = NULL;
	char *sha256 = sha256_of(text);
	sl_autofd int fd = sl_payload_store_open_partial(f->store, sha256, &error);

	sl_fs_write_all(fd, text, strlen(text), &error);
	sl_payload_store_add(f->store, sha256, (int64_t)strlen(text), &error);
	g_assert_no_error(error);
	return sha256;
}

int64_t
add_update(Fixture *f, const char *name, const char *version)
{
	int64_t id = ++f->updates;
	g_autofree char *text = g_strdup_printf("payload of %s %s", name, version);
	g_autofree char *sha256 = store_payload(f, text);

	execute(f,
		"INSERT INTO payload VALUES ('%s', %zu, %" PRId64 ", 'test', '" INDEX
		"', '" FINGERPRINT "')",
		sha256, strlen(text), sl_clock_now(f->clock));
	execute(f,
		"INSERT INTO updates (id, upstream_id, name, version, summary, released_at,"
		" released_exact, seen_at) VALUES (%" PRId64 ", 1, '%s', '%s', '', 0, 1, 0)",
		id, name, version);
	execute(f, "INSERT INTO revision VALUES (%" PRId64 ", %" PRId64 ", 1, 'd', 0)", id, id);
	execute(f,
		"INSERT INTO package VALUES (%" PRId64 ", 1, '%s', '%s', 'amd64', 'main', '',"
		" '%s', '%s', '%s', 'pool/x.deb', 'Package: %s\nVersion: %s\n"
		"Architecture: amd64\n', 0, NULL, NULL)",
		id, name, version, name, version, sha256, name, version);
	execute(f, "INSERT INTO revision_package VALUES (%" PRId64 ", %" PRId64 ")", id, id);
	return id;
}

void
set_approval(Fixture *f, int64_t id, const char *state)
{
	execute(f,
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person) VALUES (1, %" PRId64 ", %" PRId64 ", '%s', 0, 0, 'x')"
		" ON CONFLICT DO UPDATE SET state = excluded.state",
		id, id, state);
}

char *
publish(Fixture *f, SlPublishWhy why)
{
	g_auto(SlPublished) published = {0};
	g_autoptr(GError) error = NULL;

	sl_publication_make(f->publisher, "certification", why, "x", "test", NULL, &published,
			    &error);
	g_assert_no_error(error);
	return g_steal_pointer(&published.serial);
}

void
assert_publishes(Fixture *f, SlPublishWhy why, const char *serial)
{
	g_autofree char *got = publish(f, why);
	g_autofree char *link =
		g_build_filename(f->root, "publications/certification/current", NULL);
	g_autofree char *target = g_file_read_link(link, NULL);

	g_assert_cmpstr(got, ==, serial);
	g_assert_cmpstr(target + strlen("trees/"), ==, serial);
}

void
assert_refuses(Fixture *f, SlPublishWhy why, int code)
{
	g_auto(SlPublished) published = {0};
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_publication_make(f->publisher, "certification", why, "x", "test", NULL,
					   &published, &error));
	g_assert_error(error, SL_ERROR, code);
}

char *
read_path(Fixture *f, const char *path)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int fd = sl_publication_open_channel(f->state_fd, "certification", &error);
	g_autoptr(SlPathIndex) index = sl_publication_open_current(fd, &error);
	g_autofree char *place = NULL;
	char *content = NULL;
	SlPathEntry entry;

	g_assert_no_error(error);
	if (!sl_path_index_find(index, path, &entry))
		return NULL;
	place = g_strdup_printf("%s/%s/%.2s/%s", f->root,
				entry.in_pool ? "pool" : "publications/certification/files",
				entry.sha256, entry.sha256);
	g_file_get_contents(place, &content, NULL, &error);
	g_assert_no_error(error);
	return content;
}

char *
packages(Fixture *f)
{
	return read_path(f, "/apt/certification/dists/s/main/binary-amd64/Packages");
}

static bool
take_path(const char *path, const SlPathEntry *entry, gpointer data)
{
	g_hash_table_add(data, g_strdup_printf("%s %s", path, entry->sha256));
	return true;
}

GHashTable *
served(Fixture *f, const char *prefix)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	sl_autofd int fd = sl_publication_open_channel(f->state_fd, "certification", NULL);
	g_autoptr(SlPathIndex) index = sl_publication_open_current(fd, NULL);

	g_assert_true(sl_path_index_each(index, prefix, take_path, all));
	return all;
}

guint
count_files(Fixture *f, const char *below)
{
	g_autofree char *folder =
		g_build_filename(f->root, "publications/certification", below, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	guint count = 0;

	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(below, name, NULL);
		g_autofree char *full = g_build_filename(folder, name, NULL);

		count += g_file_test(full, G_FILE_TEST_IS_DIR) ? count_files(f, path) : 1;
	}
	return count;
}

void
move(Fixture *f, int64_t seconds)
{
	sl_clock_set(f->clock, sl_clock_now(f->clock) + seconds);
}
