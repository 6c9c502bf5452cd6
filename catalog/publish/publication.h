/* publication.h - a channel's approved updates, written, signed and switched to
 *
 * Number N is a content, each signing of it a serial N.k. A serial is written beside the one that
 * is being served, flushed, verified with a fresh reader, noted in the database and then
 * switched to by one rename. A crash before the note leaves nothing; a crash after it is made
 * good by sl_publication_recover, which switches.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/jobs.h"
#include "catalog/base/writer.h"
#include "catalog/payload_store.h"
#include "catalog/publish/path_index.h"
#include "catalog/publish/signer.h"

typedef struct {
	int64_t valid_s;	   /* how long a signature is valid; 7 days */
	int64_t resign_s;	   /* signed anew after so long; 1 day */
	int64_t keep_publications; /* 10 */
	int64_t keep_s;		   /* 30 days; whichever is more */
} SlPublicationSettings;

SlPublicationSettings sl_publication_settings_default(void);

typedef struct {
	const char *db_path;
	SlWriter *writer;
	SlSigner *signer;
	SlPayloadStore *store;
	const SlClock *clock;
	int state_fd;
	SlPublicationSettings settings;
} SlPublicationContext;

typedef struct SlPublisher SlPublisher;

/** Makes publications/ with a directory for each channel. The context's objects outlive it. */
SlPublisher *sl_publisher_new(const SlPublicationContext *context, GError **error);
void sl_publisher_free(SlPublisher *publisher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPublisher, sl_publisher_free)

/* Why a serial is made. */
typedef enum {
	SL_PUBLISH_CONTENT, /* only when the content differs from what is published */
	SL_PUBLISH_RESIGN,  /* also when the signatures are older than resign_s */
	SL_PUBLISH_EXTRAS,  /* also when something that came later (xz) is missing */
	SL_PUBLISH_FORCE,   /* sign anew in any case */
} SlPublishWhy;

typedef struct {
	char *serial;	 /* "7.2": what is current now */
	int64_t number;	 /* 7 */
	bool changed;	 /* a serial was made */
	int64_t updates; /* in it */
} SlPublished;

void sl_published_clear(SlPublished *published);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlPublished, sl_published_clear)

/**
 * Publishes what a channel's approvals ask for and the store has.
 *
 * @param error  SL_ERROR_INTEGRITY when a payload has no provenance or is not what the catalog
 *               says, SL_ERROR_BUSY when the clock is behind the last signature,
 *               SL_ERROR_CANCELLED, SL_ERROR_IO; then what was current stays
 */
bool sl_publication_make(SlPublisher *publisher, const char *channel, SlPublishWhy why,
			 const char *person, const char *cause, SlJob *job,
			 SlPublished *ret_published, GError **error);

/** At start: makes the newest noted serial current, removes what was not finished. */
bool sl_publication_recover(SlPublisher *publisher, GError **error);

/** Removes trees, files and payloads that nothing needs any more. */
bool sl_publication_prune(SlPublisher *publisher, SlJob *job, int64_t *ret_payloads,
			  GError **error);

/** Descriptor of publications/<channel>/, for readers; -1 on error. */
int sl_publication_open_channel(int state_fd, const char *channel, GError **error);

/** The index that is current in a channel's directory. */
SlPathIndex *sl_publication_open_current(int channel_fd, GError **error);
/** The index of one serial. */
SlPathIndex *sl_publication_open_serial(int channel_fd, const char *serial, GError **error);
/** A metadata file of a channel by its hash; -1 on error. */
int sl_publication_open_file(int channel_fd, const char *sha256, GError **error);
