/* floor_store.c - a first sync on the bare libraries: decode, scan, one row a stanza, one
 * transaction
 *
 *   floor_store PACKAGES_XZ DATABASE
 *
 * What lzma and SQLite alone need for the eight fields and the text of each stanza, with the index
 * that names are unique by. Checks nothing. Prints how many rows there are.
 */
#include <glib.h>
#include <lzma.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 8

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
	"CREATE TABLE package (id INTEGER PRIMARY KEY, name TEXT, version TEXT, arch TEXT,"
	" depends TEXT, provides TEXT, filename TEXT, size INTEGER, sha256 TEXT, control TEXT,"
	" UNIQUE (name, version, arch)); BEGIN IMMEDIATE";

static void
fail(const char *what)
{
	fprintf(stderr, "floor_store: %s\n", what);
	exit(1);
}

static void
insert(sqlite3_stmt *statement, const char *text, size_t size)
{
	static const char *const names[FIELDS] = {"Package",  "Version",  "Architecture", "Depends",
						  "Provides", "Filename", "Size",	  "SHA256"};
	const char *end = text + size;

	sqlite3_clear_bindings(statement);
	for (const char *line = text, *next; line < end; line = next + 1) {
		const char *colon;

		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			next = end;
		colon = memchr(line, ':', (size_t)(next - line));
		if (*line == ' ' || !colon || colon + 2 > next)
			continue;
		for (int i = 0; i < FIELDS; i++) {
			if ((size_t)(colon - line) != strlen(names[i]) ||
			    memcmp(line, names[i], (size_t)(colon - line)) != 0)
				continue;
			sqlite3_bind_text(statement, i + 1, colon + 2, (int)(next - colon - 2),
					  SQLITE_STATIC);
			break;
		}
	}
	sqlite3_bind_text(statement, FIELDS + 1, text, (int)size, SQLITE_STATIC);
	if (sqlite3_step(statement) != SQLITE_DONE)
		fail("cannot insert");
	sqlite3_reset(statement);
}

/* Inserts the whole stanzas of a text; how many bytes are left of it. */
static size_t
take(sqlite3_stmt *statement, char *text, size_t size, long *rows)
{
	char *start = text, *end;

	text[size] = '\0';
	while ((end = strstr(start, "\n\n"))) {
		insert(statement, start, (size_t)(end - start));
		start = end + 2;
		(*rows)++;
	}
	size -= (size_t)(start - text);
	memmove(text, start, size);
	return size;
}

static long
store(FILE *file, sqlite3_stmt *statement)
{
	enum {
		ROOM = 4 << 20
	};
	static unsigned char in[1 << 16];
	char *text = g_malloc(ROOM + 1);
	lzma_stream xz = LZMA_STREAM_INIT;
	lzma_ret result = LZMA_OK;
	size_t size = 0;
	long rows = 0;

	if (lzma_stream_decoder(&xz, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
		fail("cannot start lzma");
	while (result == LZMA_OK) {
		if (xz.avail_in == 0) {
			xz.next_in = in;
			xz.avail_in = fread(in, 1, sizeof in, file);
		}
		xz.next_out = (uint8_t *)text + size;
		xz.avail_out = MIN(ROOM - size, (size_t)1 << 18);
		size += xz.avail_out;
		result = lzma_code(&xz, xz.avail_in ? LZMA_RUN : LZMA_FINISH);
		size -= xz.avail_out;
		size = take(statement, text, size, &rows);
	}
	if (result != LZMA_STREAM_END)
		fail("the index is broken");
	lzma_end(&xz);
	g_free(text);
	return rows;
}

int
main(int argc, char **argv)
{
	static const char sql[] =
		"INSERT INTO package (name, version, arch, depends, provides, filename, size,"
		" sha256, control) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;

	if (!file)
		fail("usage: floor_store PACKAGES_XZ DATABASE");
	if (sqlite3_open(argv[2], &db) != SQLITE_OK ||
	    sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
	printf("%ld\n", store(file, statement));
	sqlite3_finalize(statement);
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
	sqlite3_close(db);
	fclose(file);
	return 0;
}
