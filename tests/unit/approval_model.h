/* approval_model.h - the rules of approving, in a few lines each, to hold the program to
 *
 * The model's catalog is small: two upstreams with suites of their own, that share names. Updates
 * and channels are known by their place in the tables.
 */
#pragma once

#include <stdbool.h>

#define CHANNELS 2
#define UPDATES	 16

typedef enum {
	NONE,
	APPROVED,
	RECALLED,
	RETURNED
} State;

extern const char *const model_states[];   /* by State */
extern const char *const model_channels[]; /* "certification", "production" */

typedef struct {
	const char *upstream;
	const char *suite;
	const char *name;
	const char *version;
} ModelUpdate;

extern const ModelUpdate model_updates[UPDATES];

/* Which update of each name is published, as flags by update. */
typedef struct {
	bool has[UPDATES];
} Content;

/* What has been decided, and what became of the updates. */
typedef struct {
	State state[CHANNELS][UPDATES];
	bool withdrawn[UPDATES];
	bool stored[UPDATES];
} Model;

/** Whether two updates are versions of one: same upstream, same name. */
bool model_same_name(int a, int b);

/** What a channel should hold: of each name the newest approved version whose payload is there. */
Content model_content(const Model *model, int channel);

/**
 * Each does what somebody asks for, or returns false and changes nothing.
 *
 * @param exact  that version is named; else the rules say which one is meant
 */
bool model_approve(Model *model, int channel, int update, bool exact, bool emergency);
/** @param channel  -1: every channel */
bool model_recall(Model *model, int channel, int update, bool exact);
/** Makes a channel's content that of an earlier publication, never reviving what was recalled. */
bool model_return(Model *model, int channel, const Content *target);
