/* agent.h - what every command of sluice-agent works with
 *
 * The machine is everything below `root`: apt's files, dpkg's status, the agent's own state. On a
 * real machine root is "/"; tests and image builders name another.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "clients/agent/outbox.h"
#include "clients/agent/state.h"

/* What the process ends with; the gravest that happened. */
typedef enum {
	SL_EXIT_OK = 0,
	SL_EXIT_FAILED = 1,	  /* the command could not be done */
	SL_EXIT_USAGE = 2,	  /* it was typed wrongly */
	SL_EXIT_UNDELIVERED = 3,  /* the server did not acknowledge; what it missed is kept */
	SL_EXIT_NOT_UPGRADED = 4, /* a package could not be installed */
	SL_EXIT_CHANNEL = 5,	  /* apt could not read the channel, or refused what it got */
	SL_EXIT_IDENTITY = 6,	  /* the server does not accept this identity: enrol again */
} SlExit;

typedef struct {
	char *root;	  /* directory of the machine */
	char *apt_config; /* APT_CONFIG for an apt-get that runs here and not in root; or NULL */
	char *url;	  /* enroll */
	char *token;	  /* enroll; "-": on standard input; NULL: in the file, or asked for */
	char *token_file; /* enroll; NULL: none */
	bool yes;
	bool dry_run;
	bool json;
	bool install;
} SlAgentOptions;

typedef struct {
	SlAgentOptions options;
	int dir_fd;  /* state directory */
	int lock_fd; /* one agent at a time */
	SlSealKeys *keys;
	SlState *state; /* NULL: not enrolled */
	SlOutbox *outbox;
} SlAgent;

/** A path of the machine's; owned. */
char *sl_agent_path(const SlAgent *agent, const char *path);

/**
 * Opens and locks the state directory and reads what is in it.
 *
 * @param make  make the directory where there is none
 * @param error  SL_ERROR_NOT_FOUND, SL_ERROR_BUSY when another agent is at work
 */
bool sl_agent_open(SlAgent *agent, bool make, GError **error);

/** As sl_agent_open; an error too when the machine is not enrolled. */
bool sl_agent_open_enrolled(SlAgent *agent, GError **error);

/** Removes the state directory's content and itself. */
bool sl_agent_forget(SlAgent *agent, GError **error);

void sl_agent_close(SlAgent *agent);

/** Asks on a terminal; true with --yes. SL_ERROR_DENIED when nobody is there to ask. */
bool sl_agent_confirm(const SlAgent *agent, const char *question, GError **error);

/* The machine's clock, and never before what the server last signed. */
int64_t sl_agent_trusted_now(const SlAgent *agent);

/* commands; each returns what the process ends with; the error is set with SL_EXIT_FAILED and
 * SL_EXIT_USAGE */
int sl_agent_enroll(SlAgent *agent, GError **error);
int sl_agent_run(SlAgent *agent, GError **error);
int sl_agent_leave(SlAgent *agent, GError **error);
int sl_agent_status(SlAgent *agent, GError **error);
