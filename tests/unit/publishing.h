/* publishing.h - what tests of publications share: a state directory with an upstream and a clock
 *
 * The fixture publishes certification's suite "s" from made-up updates of one package each.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/payload_store.h"
#include "catalog/publish/publication.h"

#define START INT64_C(1800000000) /* what the clock says at first */
#define DAY   INT64_C(86400)
#define HOUR  INT64_C(3600)

typedef struct {
	char *root;
	char *db_path;
	int state_fd;
	SlDb *db; /* the test's own */
	SlWriter *writer;
	SlClock *clock;
	SlSigner *signer;
	SlPayloadStore *store;
	SlPublisher *publisher;
	int64_t updates; /* added so far */
	int64_t last;	 /* update that publish_many approved last */
} Fixture;

void open_publisher(Fixture *f);
void execute(Fixture *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
int64_t number_of(Fixture *f, const char *sql);
void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);
char *sha256_of(const char *text);
/** Puts a payload of that text into the store; returns its hash, owned. */
char *store_payload(Fixture *f, const char *text);
/** An update of one package whose payload is in the store; returns its id. */
int64_t add_update(Fixture *f, const char *name, const char *version);
void set_approval(Fixture *f, int64_t id, const char *state);
/** Publishes certification; the serial that is current then, owned. */
char *publish(Fixture *f, SlPublishWhy why);
void assert_publishes(Fixture *f, SlPublishWhy why, const char *serial);
void assert_refuses(Fixture *f, SlPublishWhy why, int code);
/** Content of a public path of what is current; NULL when it is not there. Owned. */
char *read_path(Fixture *f, const char *path);
char *packages(Fixture *f);
/** Everything that is served, as "PATH SHA256". */
GHashTable *served(Fixture *f, const char *prefix);
guint count_files(Fixture *f, const char *below);
void move(Fixture *f, int64_t seconds);
