/* scratch.h - a directory of a test's own, and what tests do in it
 *
 * As a fixture: g_test_add(PATH, Scratch, NULL, scratch_set_up, TEST, scratch_tear_down).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
	char *path;
	int fd;
} Scratch;

void scratch_set_up(Scratch *s, gconstpointer data);
void scratch_tear_down(Scratch *s, gconstpointer data);

/** The path of a name in it; owned. */
char *scratch_path(const Scratch *s, const char *name);
void scratch_write(const Scratch *s, const char *name, const void *bytes, size_t size);
/** Asserts that a file has exactly this text. */
void scratch_assert_text(const Scratch *s, const char *name, const char *text);
/** Asserts that the directory holds these names and no others, space-separated and sorted. */
void scratch_assert_names(const Scratch *s, const char *names);

/** g_assert_cmpmem counts in int; this asserts the same of sizes. */
void assert_bytes(const void *found, size_t found_size, const void *bytes, size_t size);
