/* computer_row.h - a computer's row as it is before something changes it */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/coverage_delta.h"

/* Where a computer belongs: what answers tell it of itself. */
typedef struct {
	bool pending;  /* a person has to let it in */
	bool conflict; /* its identity may be used twice, and no person has looked at it yet */
	char *group;
	int64_t channel_id;
	char *channel;
} SlMembership;

void sl_membership_clear(SlMembership *membership);

typedef struct {
	int64_t id;
	char *name;
	char *state;
	int64_t group_id;
	bool silent;
	SlStanding standing;
	GByteArray *states; /* (owned) */
	int64_t counter;
	int64_t inventory_id; /* 0: none */
	int64_t new_until_at; /* as sl_inventory_may_add says */
	SlMembership membership;
} SlComputerRow;

/** NULL without an error where there is none. */
SlComputerRow *sl_computer_row_load(SlDb *db, int64_t id, GError **error);
void sl_computer_row_free(SlComputerRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlComputerRow, sl_computer_row_free)

/** What it counts as; the states are the row's. */
SlCounted sl_computer_row_counted(const SlComputerRow *row);
