#include "catalog/upstream/stage.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/package.h"
#include "catalog/upstream/stage_private.h"
#include "catalog/version.h"

static const char schema[] =
	"CREATE TABLE item (name TEXT NOT NULL, version TEXT NOT NULL,"
	" architecture TEXT NOT NULL, component TEXT NOT NULL, section TEXT NOT NULL,"
	" source TEXT NOT NULL, source_version TEXT NOT NULL, sha256 TEXT NOT NULL,"
	" size INTEGER NOT NULL, filename TEXT NOT NULL, stanza TEXT NOT NULL,"
	" summary TEXT NOT NULL, provides TEXT NOT NULL, index_sha256 TEXT NOT NULL,"
	" checksum INTEGER NOT NULL, live_id INTEGER,"
	" PRIMARY KEY (name, version, architecture));"
	/* source versions whose set of packages is new; face: rowid of the item whose
	 * summary is the update's */
	"CREATE TABLE new_set (source TEXT NOT NULL, source_version TEXT NOT NULL,"
	" digest TEXT NOT NULL, face INTEGER NOT NULL, update_id INTEGER);"
	"CREATE TABLE gone (package_id INTEGER PRIMARY KEY);"
	"CREATE TABLE back (package_id INTEGER PRIMARY KEY);"
	"CREATE TABLE moved (package_id INTEGER PRIMARY KEY, filename TEXT NOT NULL);"
	/* what the tables of the catalog take; a new package makes its set a new one */
	"CREATE VIEW new_payload AS SELECT sha256, size, index_sha256 FROM item"
	" WHERE live_id IS NULL;"
	"CREATE VIEW new_package AS SELECT rowid AS number, name, version, architecture,"
	" component, section, source, source_version, sha256, filename, stanza, checksum"
	" FROM item WHERE live_id IS NULL;"
	"CREATE VIEW new_update AS SELECT s.rowid AS number, s.source AS name,"
	" s.source_version AS version, i.summary, i.section, i.component"
	" FROM new_set s JOIN item i ON i.rowid = s.face WHERE s.update_id IS NULL;"
	"CREATE VIEW new_revision AS SELECT rowid AS number, digest, update_id"
	" FROM new_set;"
	"CREATE VIEW new_revision_package AS SELECT s.rowid AS revision,"
	" i.live_id AS package_id, i.rowid AS package FROM new_set s"
	" JOIN item i ON i.source = s.source AND i.source_version = s.source_version;";

SlStage *
sl_stage_new(const char *path, const SlUpstream *upstream, GError **error)
{
	g_autoptr(SlStage) stage = g_new0(SlStage, 1);

	stage->upstream = upstream;
	stage->path = g_strdup(path);
	unlink(path);
	stage->db = sl_db_open(path, SL_DB_STAGE, error);
	if (!stage->db || !sl_db_exec(stage->db, schema, error))
		return NULL;
	stage->transaction = sl_transaction_begin(stage->db, error);
	return stage->transaction ? g_steal_pointer(&stage) : NULL;
}

/* The fields of one stanza that the catalog needs; texts are owned. */
typedef struct {
	char *name;
	char *version;
	char *architecture;
	char *source;
	char *source_version;
	char *sha256;
	char *filename;
	char *section;
	char *summary;
	char *provides;
	int64_t size;
} Item;

static void
item_clear(Item *item)
{
	g_free(item->name);
	g_free(item->version);
	g_free(item->architecture);
	g_free(item->source);
	g_free(item->source_version);
	g_free(item->sha256);
	g_free(item->filename);
	g_free(item->section);
	g_free(item->summary);
	g_free(item->provides);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Item, item_clear)

static bool
refuse(const SlDeb822Stanza *stanza, const Item *item, const char *field, const char *value,
       GError **error)
{
	g_autofree char *name = sl_text_escape(item->name ? item->name : "?");
	g_autofree char *shown = sl_text_escape(value ? value : "");

	return sl_error_set(error, SL_ERROR_INVALID,
			    "package %s in line %" PRId64 " of the index: %s %s%s%s", name,
			    stanza->line, field, value ? "is wrong: '" : "is missing", shown,
			    value ? "'" : "");
}

/* "NAME (VERSION)" or "NAME"; without the field the package is its own source. */
static bool
split_source(Item *item, const char *field)
{
	g_auto(GStrv) parts = field ? g_strsplit(field, " (", 2) : NULL;

	if (!parts || !parts[0]) {
		item->source = g_strdup(item->name);
		item->source_version = g_strdup(item->version);
		return true;
	}
	item->source = g_strdup(parts[0]);
	if (!parts[1]) {
		item->source_version = g_strdup(item->version);
		return sl_text_is_name(item->source);
	}
	if (!g_str_has_suffix(parts[1], ")"))
		return false;
	item->source_version = g_strndup(parts[1], strlen(parts[1]) - 1);
	return sl_text_is_name(item->source) && sl_version_is_valid(item->source_version);
}

/* A relative path of safe components below the upstream's address. */
static bool
is_safe_path(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", 64);
	guint count = g_strv_length(parts);

	if (count == 0 || count >= 64 || strlen(path) > 1024)
		return false;
	for (char **part = parts; *part; part++)
		if (!sl_text_is_name(*part) && strcmp(*part, ".") != 0)
			return false;
	return strcmp(parts[count - 1], ".") != 0 && strlen(parts[count - 1]) <= SL_LIMIT_FILE_NAME;
}

static bool
first_line(const SlDeb822Stanza *stanza, char **ret_line)
{
	g_autofree char *text = sl_deb822_text(stanza, "Description");
	char *end = text ? strchr(text, '\n') : NULL;

	if (end)
		*end = '\0';
	*ret_line = text ? g_utf8_make_valid(text, -1) : g_strdup("");
	return true;
}

static bool
read_names(const SlDeb822Stanza *stanza, Item *item, const char *architecture, GError **error)
{
	g_autofree char *source = NULL;

	item->name = sl_deb822_text(stanza, "Package");
	item->version = sl_deb822_text(stanza, "Version");
	item->architecture = sl_deb822_text(stanza, "Architecture");
	if (!item->name || !sl_text_is_name(item->name))
		return refuse(stanza, item, "Package", item->name, error);
	if (!item->version || !sl_version_is_valid(item->version))
		return refuse(stanza, item, "Version", item->version, error);
	if (!item->architecture || (strcmp(item->architecture, "all") != 0 &&
				    strcmp(item->architecture, architecture) != 0))
		return refuse(stanza, item, "Architecture", item->architecture, error);
	source = sl_deb822_text(stanza, "Source");
	return split_source(item, source) || refuse(stanza, item, "Source", source, error);
}

static bool
read_item(const SlDeb822Stanza *stanza, Item *item, const char *architecture, GError **error)
{
	g_autofree char *size = sl_deb822_text(stanza, "Size");

	if (!read_names(stanza, item, architecture, error))
		return false;
	item->sha256 = sl_deb822_text(stanza, "SHA256");
	item->filename = sl_deb822_text(stanza, "Filename");
	item->section = sl_deb822_text(stanza, "Section");
	item->provides = sl_deb822_text(stanza, "Provides");
	if (!item->sha256 || !sl_text_is_sha256(item->sha256))
		return refuse(stanza, item, "SHA256", item->sha256, error);
	if (!size || !sl_text_int(size, 1, SL_LIMIT_PAYLOAD, &item->size, NULL))
		return refuse(stanza, item, "Size", size, error);
	if (!item->filename || !is_safe_path(item->filename))
		return refuse(stanza, item, "Filename", item->filename, error);
	return first_line(stanza, &item->summary);
}

/* The stanza without what is the upstream's own: its file, hashes, phasing. */
static char *
published_text(const SlDeb822Stanza *stanza)
{
	static const char *const left_out[] = {"Filename",
					       "Size",
					       "MD5sum",
					       "SHA1",
					       "SHA256",
					       "SHA512",
					       "Phased-Update-Percentage"};
	GString *text = g_string_sized_new(stanza->text_size);

	for (unsigned i = 0; i < stanza->n_fields; i++) {
		const SlDeb822Field *field = &stanza->fields[i];
		bool keep = true;

		for (size_t j = 0; keep && j < G_N_ELEMENTS(left_out); j++)
			keep = !sl_deb822_is(field, left_out[j]);
		if (keep)
			g_string_append_len(text, field->line, (gssize)field->line_size);
	}
	if (text->len > 0 && text->str[text->len - 1] != '\n')
		g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

static int64_t
checksum_of(const Item *item, const char *text, const char *component)
{
	SlPackage package = {.name = item->name,
			     .version = item->version,
			     .architecture = item->architecture,
			     .component = (char *)component,
			     .payload_sha256 = item->sha256,
			     .stanza = (char *)text};

	return sl_package_checksum(&package);
}

static bool
insert(SlStage *stage, const Item *item, const char *text, const char *component,
       const char *index_sha256, GError **error)
{
	static const char sql[] =
		"INSERT INTO item (name, version, architecture, component, section, source,"
		" source_version, sha256, size, filename, stanza, summary, provides, index_sha256,"
		" checksum)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
		" ON CONFLICT DO NOTHING";
	g_autoptr(SlQuery) query = sl_query_new(stage->db, sql);

	sl_query_bind_borrowed(query, 1, item->name);
	sl_query_bind_borrowed(query, 2, item->version);
	sl_query_bind_borrowed(query, 3, item->architecture);
	sl_query_bind_borrowed(query, 4, component);
	sl_query_bind_borrowed(query, 5, item->section ? item->section : "");
	sl_query_bind_borrowed(query, 6, item->source);
	sl_query_bind_borrowed(query, 7, item->source_version);
	sl_query_bind_borrowed(query, 8, item->sha256);
	sl_query_bind_int(query, 9, item->size);
	sl_query_bind_borrowed(query, 10, item->filename);
	sl_query_bind_borrowed(query, 11, text);
	sl_query_bind_borrowed(query, 12, item->summary);
	sl_query_bind_borrowed(query, 13, item->provides ? item->provides : "");
	sl_query_bind_borrowed(query, 14, index_sha256);
	sl_query_bind_int(query, 15, checksum_of(item, text, component));
	return sl_query_run(query, error);
}

/* Whether the package that stands there already is the same one. */
static bool
check_same(SlStage *stage, const Item *item, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(stage->db, "SELECT sha256 FROM item WHERE name = ?1"
					" AND version = ?2 AND architecture = ?3");

	sl_query_bind_text(query, 1, item->name);
	sl_query_bind_text(query, 2, item->version);
	sl_query_bind_text(query, 3, item->architecture);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	if (strcmp(sl_query_text(query, 0), item->sha256) == 0)
		return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "package %s %s %s stands twice in the indexes, with SHA-256 %s and %s",
			    item->name, item->version, item->architecture, sl_query_text(query, 0),
			    item->sha256);
}

static bool
is_excluded(const SlStage *stage, const char *name)
{
	for (char **glob = stage->upstream->exclude; glob && *glob; glob++)
		if (sl_text_glob(*glob, name))
			return true;
	return false;
}

bool
sl_stage_add(SlStage *stage, const SlDeb822Stanza *stanza, const char *component,
	     const char *architecture, const char *index_sha256, GError **error)
{
	g_auto(Item) item = {0};
	g_autofree char *text = NULL;
	bool base = strcmp(stage->upstream->role, "base") == 0;

	if (!read_item(stanza, &item, architecture, error))
		return false;
	if (is_excluded(stage, item.name))
		return true;
	/* what is only known is never published: its text is not kept */
	text = base ? g_strdup("") : published_text(stanza);
	if (!insert(stage, &item, text, component, index_sha256, error))
		return false;
	if (sl_db_changes(stage->db) == 0)
		return check_same(stage, &item, error);
	stage->size++;
	return true;
}

bool
sl_stage_close(SlStage *stage, GError **error)
{
	if (!sl_transaction_commit(g_steal_pointer(&stage->transaction), error))
		return false;
	g_clear_pointer(&stage->db, sl_db_free);
	return true;
}

const char *
sl_stage_path(const SlStage *stage)
{
	return stage->path;
}

int64_t
sl_stage_size(const SlStage *stage)
{
	return stage->size;
}

void
sl_stage_free(SlStage *stage)
{
	if (!stage)
		return;
	sl_transaction_free(stage->transaction);
	sl_db_free(stage->db);
	if (stage->path)
		unlink(stage->path);
	g_free(stage->path);
	g_free(stage);
}
