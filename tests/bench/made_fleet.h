/* made_fleet.h - a fleet made up for measuring, of which everything is known beforehand
 *
 * There are so many updates, each of one package in one version, and so many kinds of installation.
 * A computer's number says its kind and its group; its kind and an update's number say its status.
 * Kinds come in pairs that differ in the status of CHANGED updates: who checks in as the other one
 * of its pair changes so many statuses.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "clients/report.h"
#include "clients/status.h"

#define MADE_GROUPS  10 /* of equal size */
#define MADE_CHANGED 50 /* statuses in which the kinds of a pair differ */

#define MADE_OLD "1.0-1"
#define MADE_NEW "2.0-1" /* of each update, and of its package */

typedef struct {
	int computers;
	int updates;
	int packages; /* that each computer has installed */
	int kinds;    /* of installation; even */
} MadeFleet;

int made_fleet_kind(const MadeFleet *made, int computer);
int made_fleet_group(int computer);
SlStatus made_fleet_status(const MadeFleet *made, int kind, int update);
/** Computers of a group that have a status for an update, as long as none has changed; -1: of all.
 */
int64_t made_fleet_count(const MadeFleet *made, int group, int update, SlStatus status);

/** Name of an update and of its package. */
char *made_fleet_update(int update);
/** What a kind has installed; (element-type SlReportPackage), owned. */
GPtrArray *made_fleet_packages(const MadeFleet *made, int kind);
/** Digests of what each kind has installed; (element-type utf8), owned. */
GPtrArray *made_fleet_digests(const MadeFleet *made);
void made_fleet_facts(int computer, SlReportFacts *ret_facts);
