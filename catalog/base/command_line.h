/* command_line.h - what our programs for people share of how they are typed and how they ask */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/error.h"

typedef enum {
	SL_OPTION_UNKNOWN,
	SL_OPTION_SWITCH,
	SL_OPTION_VALUE, /* takes one */
} SlOptionKind;

/** Whether all of a line is text; what is not could not be sent as JSON, or would go missing there.
 */
bool sl_check_line(int argc, char **argv, GError **error);

/** Looks an option up in a list like "upstream= newest limit=": '=' behind those with a value. */
SlOptionKind sl_option_find(const char *list, const char *name);

/** Adds the names of such a list to an array (element-type utf8), each once. */
void sl_option_add_names(GPtrArray *names, const char *list);

/**
 * "; did you mean NAME?" with the name that is most like what was typed; "" when none is. Owned.
 *
 * @param names  (element-type utf8)
 */
char *sl_suggest(const char *typed, const GPtrArray *names);

/**
 * Says on standard error why a program ends. What cannot be shown is escaped, here alone: messages
 * quote what was typed, pasted perhaps, and what a terminal would obey.
 */
void sl_say_error(const char *program, const GError *error);

/**
 * Asks on the terminal and waits for y.
 *
 * @param error  SL_ERROR_CANCELLED when the answer was another, SL_ERROR_DENIED when nobody is
 * there
 */
bool sl_confirm(const char *question, GError **error);

/**
 * One line of standard input, not shown while it is typed at a terminal, which is asked for it.
 *
 * @return NULL when there is none; owned
 */
char *sl_read_hidden(const char *prompt);
