/* page.h - the files of the admin page, which are part of the program
 *
 * They are the same for everybody, signed in or not: what they show comes from the API.
 */
#pragma once

#include "server/http/server.h"

typedef struct SlPage SlPage;

/** Never fails: what it serves is built in. */
SlPage *sl_page_new(void);
void sl_page_free(SlPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPage, sl_page_free)

/**
 * The answer to a request for one of the files, gzipped where the client takes that; 405 for a
 * method that does not read. NULL: the path is none of theirs. From any thread.
 */
SlResponse *sl_page_answer(const SlPage *page, const SlRequest *request);
