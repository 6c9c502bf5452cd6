/* response.c - answers; one can be shared by many requests */
#include "server/http/response.h"

#include <unistd.h>

SlResponse *
sl_response_new(unsigned status, const char *type, const void *bytes, size_t size)
{
	SlResponse *response = g_new0(SlResponse, 1);

	response->references = 1;
	response->status = status;
	response->mhd = MHD_create_response_from_buffer(size, (void *)(size ? bytes : ""),
							MHD_RESPMEM_MUST_COPY);
	if (type)
		sl_response_header(response, "Content-Type", type);
	return response;
}

SlResponse *
sl_response_new_file(unsigned status, const char *type, int fd, int64_t first, int64_t size)
{
	SlResponse *response = g_new0(SlResponse, 1);

	response->references = 1;
	response->status = status;
	response->is_file = true;
	response->mhd =
		MHD_create_response_from_fd_at_offset64((uint64_t)size, fd, (uint64_t)first);
	if (!response->mhd)
		close(fd);
	sl_response_header(response, "Content-Type", type);
	return response;
}

void
sl_response_header(SlResponse *response, const char *name, const char *value)
{
	if (response->mhd)
		MHD_add_response_header(response->mhd, name, value);
}

SlResponse *
sl_response_ref(SlResponse *response)
{
	g_atomic_int_inc(&response->references);
	return response;
}

void
sl_response_unref(SlResponse *response)
{
	if (!response || !g_atomic_int_dec_and_test(&response->references))
		return;
	if (response->mhd)
		MHD_destroy_response(response->mhd);
	g_free(response);
}
