/* making.h - one making of a serial, from its plan to its switch
 *
 * publication.c decides what is made and notes it, making.c writes its tree.
 */
#pragma once

#include "catalog/channel.h"
#include "catalog/publish/dialect.h"
#include "catalog/publish/publisher_private.h"
#include "catalog/publish/tree.h"

typedef struct {
	SlPublisher *publisher;
	SlDb *db;		/* reading */
	SlTransaction *reading; /* one state of the catalog for all that is read */
	SlChannel *channel;
	SlPublishWhy why;
	const char *person;
	const char *cause;
	SlJob *job;
	GPtrArray *content; /* (element-type SlContent) */
	GPtrArray *suites;  /* (element-type SlChannelSuite) */
	char *digest;
	SlPublicationState before;
	SlPathIndex *old; /* what is current; NULL at first */
	bool switched;	  /* what is current is what was noted last */
	SlTree *tree;
	SlDialectContext dialect;
	GHashTable *written; /* suites whose indexes were written anew, their payloads added */
	bool signed_any;     /* a suite was signed anew */
	int64_t number;
	int64_t serial;
} SlMaking;

/** Whether what is current holds the very content already. */
bool sl_making_is_same(const SlMaking *making);
/** Digest of one suite's content, or of all when suite is NULL; owned. */
char *sl_making_digest(const SlMaking *making, const SlChannelSuite *suite);

/** Begins the tree: its number, time and channel are known. */
bool sl_making_start(SlMaking *making, GError **error);
/** Writes and signs the suites that changed or have to be signed anew (signed_any). */
bool sl_making_write_suites(SlMaking *making, GError **error);
/** Adds keys, payloads and names by hash, and writes the index of the serial. */
bool sl_making_complete(SlMaking *making, const char *serial, GError **error);
