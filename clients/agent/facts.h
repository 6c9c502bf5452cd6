/* facts.h - who this machine is: its name, its system, what is installed */
#pragma once

#include <glib.h>

#include "clients/agent/agent.h"
#include "clients/report.h"

/* What a check-in says of the machine. */
typedef struct {
	SlReportFacts facts;
	GPtrArray *packages; /* (owned, element-type SlReportPackage), sorted */
	bool reboot;	     /* something that was installed waits for a restart */
} SlMachine;

/** Looks. SL_ERROR_NOT_FOUND where there is no dpkg; what sl_dpkg_status_parse fails with. */
bool sl_machine_look(const SlAgent *agent, SlMachine *ret_machine, GError **error);

/** Names of packages that wait for a restart; (element-type utf8), owned. */
GPtrArray *sl_machine_waiting(const SlAgent *agent);

void sl_machine_clear(SlMachine *machine);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlMachine, sl_machine_clear)
