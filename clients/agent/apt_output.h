/* apt_output.h - what apt-get and dpkg say (with LC_ALL=C.UTF-8), taken apart
 *
 * Pure functions over text; the words that people will read are passed on as they are.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A package that apt is going to bring to a version. */
typedef struct {
	char *name; /* without ":architecture" */
	char *version;
	char *architecture; /* the package's own, "all" included */
	bool present;	    /* some version of it is installed already */
	bool ours;	    /* the new version is in the channel */
} SlAptStep;

void sl_apt_step_free(SlAptStep *step);

/** The "Inst" and "Conf" lines of a simulation; (element-type SlAptStep), owned. */
GPtrArray *sl_apt_output_steps(const char *output, const char *channel);

/** "NAME=VERSION" of what is kept back, from `apt-get -V upgrade`; (element-type utf8). */
GPtrArray *sl_apt_output_kept(const char *output);

/** What apt says that packages depend on and cannot have; NULL when it says nothing of it; owned.
 */
char *sl_apt_output_unmet(const char *output);

/** Lines that say what went wrong ("E:", "W:", "Err:" with what follows), or all; owned. */
char *sl_apt_output_problems(const char *output);

/**
 * What dpkg said about a package that it could not handle, with what its scripts said before;
 * NULL when it said nothing. Owned.
 */
char *sl_apt_output_dpkg(const char *output, const char *name);

/** What apt said about a file of a package that it could not fetch; NULL; owned. */
char *sl_apt_output_fetch(const char *output, const char *name);
