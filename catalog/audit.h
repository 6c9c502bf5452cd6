/* audit.h - who changed what, when and why; each row holds on to the one before by its hash
 *
 * The newest row's hash is kept apart from the rows as well (meta, 'audit_head'). So a row that was
 * changed, put in or taken away is noticed, unless everything after it was made to fit.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/json.h"

typedef struct {
	int64_t id;
	int64_t at; /* seconds since 1970 */
	char *person;
	char *action;
	char *object;
	char *detail; /* JSON */
} SlAudit;

void sl_audit_free(SlAudit *audit);

/**
 * Adds a row within the caller's transaction: the change and its row land together.
 *
 * @param detail  taken over; NULL for none
 * @param error   also SL_ERROR_INVALID for a text with a line break
 */
bool sl_audit_add(SlDb *db, int64_t now_at, const char *person, const char *action,
		  const char *object, json_t *detail, GError **error);

/**
 * Has the rows that are added until it is NULL again say which API token their changes came by.
 *
 * @param token  "NAME (BEGINNING)"; stays the caller's
 */
void sl_audit_set_token(SlDb *db, const char *token);

/* What a listing is narrowed to; NULL and 0 mean anything. */
typedef struct {
	const char *person;
	const char *action;
	const char *object;
	const char *text; /* in the object or the detail */
	int64_t from_at;  /* then or later */
	int64_t until_at; /* before then */
	int64_t limit;	  /* 0: all */
	int64_t offset;
} SlAuditFilter;

/** Rows newest first; (element-type SlAudit), owned. @param ret_total  may be NULL */
GPtrArray *sl_audit_list(SlDb *db, const SlAuditFilter *filter, int64_t *ret_total, GError **error);

/** Walks the chain; SL_ERROR_INTEGRITY names the first row that does not fit, or says what ends. */
bool sl_audit_verify(SlDb *db, int64_t *ret_rows, GError **error);
