/* update_private.h - how queries read updates: the table as u, what channels say of them, the state
 */
#pragma once

#include "catalog/channel.h"

/* An update u with its approval for certification as a1 and for production as a2, where it has one.
 */
#define SL_UPDATE_TABLES                                                                           \
	"updates u LEFT JOIN approval a1 ON a1.channel_id = " SL_CHANNEL_CERTIFICATION_SQL         \
	" AND a1.update_id = u.id LEFT JOIN approval a2"                                           \
	" ON a2.channel_id = " SL_CHANNEL_PRODUCTION_SQL " AND a2.update_id = u.id"

/* What is said of each state, of which an update is in the first that holds. */
#define SL_UPDATE_BY_STATE(production, certification, declined, recalled, withdrawn, superseded,   \
			   known)                                                                  \
	"CASE WHEN a2.state = 'approved' THEN " production                                         \
	" WHEN a1.state = 'approved' THEN " certification                                          \
	" WHEN u.declined_at IS NOT NULL THEN " declined                                           \
	" WHEN a1.state = 'recalled' OR a2.state = 'recalled' THEN " recalled                      \
	" WHEN u.withdrawn_at IS NOT NULL THEN " withdrawn " WHEN u.newest = 0 THEN " superseded   \
	" ELSE " known " END"

/* A word of SlUpdate.state. */
#define SL_UPDATE_STATE                                                                            \
	SL_UPDATE_BY_STATE("'production'", "'certification'", "'declined'", "'recalled'",          \
			   "'withdrawn'", "'superseded'", "'known'")
