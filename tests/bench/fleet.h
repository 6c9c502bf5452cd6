/* fleet.h - what the files of the program fleet share */
#pragma once

#include <stdbool.h>

#include "clients/checkin.h"
#include "tests/bench/made_fleet.h"

#define NOW	INT64_C(1800000000)
#define ADDRESS "192.0.2.1"

/** Ends the program unless all went well. */
void must(bool ok, const char *what, const GError *error);
SlDb *open_database(const char *path, SlDbMode mode);
SlModel *load_model(const char *path);
/** What a computer says, its digest alone. */
SlCheckin *checkin_of(int computer, int64_t counter, const char *digest);

/**
 * Makes a fleet in a new database; says what it is in meta, for read_made.
 *
 * @param known  updates more, that nobody approved
 */
void make(const char *path, const MadeFleet *made, int known);
