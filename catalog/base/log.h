/* log.h - one line of log for one event, whatever is in it
 *
 * What a log says comes in part from outside: upstreams, machines, files. A line is one line: all
 * but printable characters become \xNN, and what is too long is cut.
 */
#pragma once

#define SL_LOG_LINE 4000 /* bytes of a message; journald and syslog take as much */

/** A message fit for one line; owned. */
char *sl_log_format(const char *message);

/** Writes "PROGRAM: MESSAGE" to standard error. */
void sl_log_line(const char *program, const char *message);

/**
 * Lets GLib's messages, warnings and criticals become such lines from now on, with their priority
 * in front where journald reads them. To be called once, before threads.
 *
 * @param program  static
 */
void sl_log_start(const char *program);
