/* fleet_world.h - a fleet whose truth is known
 *
 * What machines have is made up here, and who is covered follows from that alone: no function of
 * the server is asked. Tests compare what the server says with it.
 */
#pragma once

#include "fleet_db.h"

#define UPDATES	 12
#define MACHINES 1000
#define GROUPS	 4
#define LATER	 (NOW + 30 * DAY) /* when the views are looked at */

/* What a machine is in truth; versions are whole numbers, 0: not installed. */
typedef struct {
	int64_t id; /* 0: removed */
	char name[16];
	int group;
	bool counted; /* neither pending nor gone */
	bool pending; /* nobody has let it in yet */
	bool spoke;   /* it has checked in */
	bool quiet;   /* it was last heard of long ago */
	bool silent;
	bool served; /* an upstream is for its system */
	bool reboot; /* it needs a restart */
	int main_version[UPDATES];
	int extra_version[UPDATES];
	bool tried[UPDATES]; /* and failed, or waits for the restart */
} Machine;

/* An update brings "pI" to version 2, its revision 2 also "pI-extra". */
typedef struct {
	bool approved[3];   /* by channel */
	bool ever[3];	    /* approved there once */
	bool revision2[3];  /* the one approved there */
	const char *rating; /* NULL: none */
} Update;

typedef struct {
	Fleet fleet;
	GRand *dice;
	Machine machines[MACHINES];
	Update updates[UPDATES];
	SlModel *model;
} World;

extern const char *const world_groups[GROUPS];

void world_set_up(World *w, gconstpointer data);
void world_tear_down(World *w, gconstpointer data);
/** Lets the world go through what fleets go through, and checks before and after each step. */
void world_live(World *w, void (*check)(World *w));

int world_channel_of(int group);
bool world_is_in_group(const Machine *machine, int group);
bool world_is_in_channel(const Machine *machine, int channel);

/* the right answers */
SlStatus world_status(const World *w, const Machine *machine, int u);
/** By what it last said, silent or not. */
SlStatus world_said_status(const World *w, const Machine *machine, int u);
SlStatus world_standing(const World *w, const Machine *machine);
bool world_is_open(SlStatus status);
/** Whether the time that an update's rating allows is over LATER. */
bool world_is_late(const Update *update);
