/* dialect.h - the language of one update client: how a channel's content is written for it
 *
 * A new dialect is one file and one line in the table of publication.c.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/jobs.h"
#include "catalog/channel.h"
#include "catalog/package.h"
#include "catalog/publish/signer.h"
#include "catalog/publish/tree.h"

typedef struct {
	SlDb *db; /* reading */
	const char *channel;
	const char *fingerprint; /* of its signing key */
	SlSigner *signer;
	SlTree *tree;	     /* what is being written */
	int channel_fd;	     /* of the files that are there */
	int64_t signed_at;   /* Date of what is signed now, seconds since 1970 */
	int64_t valid_until; /* seconds since 1970 */
	SlJob *job;
	SlPackageFunc named; /* is handed each package that an index names */
	gpointer data;	     /* for named */
} SlDialectContext;

typedef struct {
	const char *name;
	/** Where a suite's files are, ends with '/'; owned. */
	char *(*suite_path)(const char *channel, const char *suite);
	/** Public path of a package's payload; owned. */
	char *(*payload_path)(const char *channel, const char *sha256, const char *name,
			      const char *version, const char *architecture);
	/** Writes a suite's indexes; revisions are int64_t ids of its content. */
	bool (*write_indexes)(const SlDialectContext *context, const SlChannelSuite *suite,
			      GArray *revisions, GError **error);
	/** Adds what takes long and can come later (xz); *ret_added: whether anything was missing.
	 */
	bool (*write_extras)(const SlDialectContext *context, const SlChannelSuite *suite,
			     bool *ret_added, GError **error);
	/** Signs what the tree has of a suite. */
	bool (*sign)(const SlDialectContext *context, const SlChannelSuite *suite, GError **error);
	/** By-hash name of an index file of a suite; NULL when it has none. */
	char *(*hash_path)(const char *path, const SlPathEntry *entry);
} SlDialect;

extern const SlDialect sl_dialect_apt;
