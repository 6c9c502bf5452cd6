/* commands.h - the commands of sluicectl: what each is called, takes, and is for */
#pragma once

#include <stddef.h>

#include "server/ctl/ctl.h"

/* Options of every command; a list as sl_option_find takes it. */
#define SL_COMMON_OPTIONS "state= socket= json csv yes no-wait help version"

typedef struct {
	const char *words; /* "update list" */
	bool (*run)(SlCtl *ctl, GError **error);
	int least, most; /* names behind it; most -1: any number */
	const char *arguments;
	const char *options; /* blank-separated; '=' behind those that take a value */
	const char *help;
} SlCommand;

/** All of them; of two that begin alike the longer one first. */
const SlCommand *sl_commands(size_t *ret_count);

/**
 * The command that a line's words begin with, or NULL.
 *
 * @param ret_matched  how many of the words are its own
 */
const SlCommand *sl_command_find(char **words, int count, int *ret_matched);

/** Whether what it prints is a table, which there is as CSV, too. */
bool sl_command_is_listing(const SlCommand *command);

/** The commands whose first word this is, as a list of their second ones; NULL: none. Owned. */
char *sl_command_second_words(const char *first);

/* help, on standard output */

void sl_help_print(void);
/** How a command is typed, and what each of its options means. */
void sl_help_print_command(const SlCommand *command);
/** The commands whose first word this is; false: there are none. */
bool sl_help_print_family(const char *first);
