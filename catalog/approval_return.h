/* approval_return.h - going back to what a channel published earlier
 *
 * What the publication had comes back, what came since goes, and what somebody recalled stays out.
 * Coming into production is asked about as an approval is (approval_rule.h): what was left out by
 * an earlier return, or had another revision meanwhile, is approved anew by who returns. What
 * stands approved and was only hidden by something newer needs nobody's approval again, just as
 * when the newer one is recalled; that nobody holds it is asked all the same.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	int64_t channel_id;
	int64_t number; /* of the publication */
	const char *person;
	const char *reason;
	int64_t now_at;
	bool emergency; /* past holds and certification; needs a reason */
	/* goes on past what is refused, so that all of it is said; then not to be committed */
	bool dry_run;
} SlReturnRequest;

/* What a return does; the texts are owned. */
typedef struct {
	GPtrArray *added;    /* (element-type utf8): "NAME VERSION" that the channel gets */
	GPtrArray *removed;  /* (element-type utf8): likewise, that it loses */
	GPtrArray *refused;  /* (element-type utf8): why not, for each that may not come */
	GPtrArray *warnings; /* (element-type utf8): what the emergency passes by */
	int64_t skipped;     /* updates that stay out because they were recalled */
} SlReturn;

void sl_return_free(SlReturn *one);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlReturn, sl_return_free)

/**
 * Rewrites a channel's approvals so that its content is that of an earlier publication; within the
 * caller's transaction, with an audit row for the channel and one for each update that comes or
 * goes.
 *
 * @param error  SL_ERROR_NOT_FOUND (no such publication), SL_ERROR_DENIED (the first that may not
 *               come), SL_ERROR_INVALID (an emergency without a reason)
 *
 * @return owned; NULL on error
 */
SlReturn *sl_approval_return(SlDb *db, const SlReturnRequest *request, GError **error);
