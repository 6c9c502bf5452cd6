/* fuzz.h - what the fuzz targets share
 *
 * A target is one file with LLVMFuzzerTestOneInput. replay.c runs it over the files of
 * corpus/NAME/ and some mutations of them, libFuzzer runs it for as long as it is told to. What a
 * target finds wrong it says with g_error, which aborts.
 */
#pragma once

#include <glib.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_abort(int signal_number)
{
	(void)signal_number;
	abort();
}

/* g_error stops for a debugger; libFuzzer keeps the input of what aborts. */
__attribute__((constructor)) static void
fuzz_keep_what_breaks(void)
{
	signal(SIGTRAP, fuzz_abort);
}

/** A file in memory that holds the bytes, at its beginning; -1 when there is none to be had. */
static inline int
fuzz_file(const void *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0))
		g_error("a file in memory cannot be written");
	return fd;
}

/** A failure names itself, and a success does not. */
static inline void
fuzz_check_error(gboolean ok, GError *error)
{
	if (ok != (error == NULL))
		g_error("%s", ok ? "an error beside a result" : "a failure without an error");
	g_clear_error(&error);
}
