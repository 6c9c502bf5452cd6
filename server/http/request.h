/* request.h - what the files of server/http share about a request */
#pragma once

#include <microhttpd.h>

#include "server/http/server.h"
#include "server/http/watchdog.h"

struct SlRequest {
	SlHttpServer *server;
	struct MHD_Connection *connection;
	SlWatched *watched;
	const char *method;
	const char *path;
	unsigned refused; /* status of a target that the gate refused */
	uintptr_t target_end;
	bool admitted;	/* its headers were looked at */
	bool ended;	/* the handler was called */
	bool suspended; /* under the server's mutex, like response */
	bool leaving;	/* it was suspended, has its answer, and that is not sent yet */
	SlResponse *response;
	int64_t cap; /* bytes of body */
	GByteArray *body;
};
