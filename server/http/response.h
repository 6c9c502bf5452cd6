/* response.h - what the files of server/http share about an answer */
#pragma once

#include <microhttpd.h>

#include "server/http/server.h"

struct SlResponse {
	int references; /* atomic */
	unsigned status;
	bool is_file; /* it may take long to send */
	bool dressed; /* it has its server's headers; under the server's mutex */
	struct MHD_Response *mhd;
};
