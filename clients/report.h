/* report.h - what agents and the server say to each other: JSON inside sealed messages
 *
 * The one header that the agent and the server share. Messages travel as base/seal.h says; this is
 * what is in them. Everything read is from outside: strict members, bounded by base/limits.h,
 * refused whole with SL_ERROR_INVALID or SL_ERROR_LIMIT.
 *
 * The road of a message
 *
 *   GET  /keys/server.json      {"server_id", "sign", "box"}: public keys, base64 as in seal.h. The
 *                               agent believes them when their fingerprint is the token's.
 *   POST /agent/v1/enroll       SL_SEAL_ENROLL, machine 0, signed by the new key that it names
 *   POST /agent/v1/checkin      SL_SEAL_CHECKIN, machine as enrolment said
 *
 * A token is "SECRET.FINGERPRINT": 16 random bytes, and the digest (sl_seal_digest) of server_id,
 * NUL, sign, box; each unpadded URL-safe base64.
 *
 *   200   SL_SEAL_ANSWER: taken, and on disk
 *   409   SL_SEAL_ANSWER, nothing was stored: "stale" (the counter is not higher than the stored
 *         one: a clone, a replay or a restored machine), "epoch" (the server was restored; say it
 *         again with the answer's epoch)
 *   400, 403, 413, 429, 503   text/plain: malformed; not known, or no valid token or signature;
 *         too large; too often; not now (Retry-After)
 *
 * Every answer carries the SHA-256 of the request as posted, so that it cannot pass as the answer
 * to another one. Inventories are sent whole only when the server asks: a check-in names the digest
 * of what is installed, and an answer with `want_inventory` means that the server has never seen
 * that set from anyone; the agent then checks in again at once with it. So steady machines all send
 * messages of the smallest size, whatever they have installed.
 *
 * Members are named as the fields below; a package of an inventory is "NAME VERSION ARCHITECTURE".
 * Text that other programs chose (facts, messages) is made valid UTF-8 and cut to its limit when it
 * is written; facts with control characters are refused when they are read.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "catalog/base/seal.h"

/* One installed package. */
typedef struct {
	char *name;
	char *version;
	char *architecture; /* the package's own, "all" included */
} SlReportPackage;

SlReportPackage *sl_report_package_new(const char *name, const char *version,
				       const char *architecture);
void sl_report_package_free(SlReportPackage *package);
/** The order of name, version, architecture. */
int sl_report_package_compare(const SlReportPackage *a, const SlReportPackage *b);
/** An array that owns its SlReportPackage. */
GPtrArray *sl_report_package_array_new(void);

/**
 * SHA-256 over the sorted "NAME TAB VERSION TAB ARCHITECTURE LF" lines, as 64 hex digits.
 *
 * @param packages  (element-type SlReportPackage); is sorted by name, version, architecture
 */
char *sl_report_inventory_digest(GPtrArray *packages);

/* Who a machine is. */
typedef struct {
	char *name;	     /* host name */
	char *os_id;	     /* os-release ID: "debian" */
	char *os_codename;   /* VERSION_CODENAME: "bookworm" */
	char *os_version;    /* VERSION_ID: "12" */
	char *architectures; /* separated by blanks, native first */
	char *kernel;	     /* uname -r */
	char *agent;	     /* the agent's version */
} SlReportFacts;

void sl_report_facts_clear(SlReportFacts *facts);

/* How trying one package ended. */
typedef struct {
	char *package;
	char *version;	    /* that it was brought to, or should have been */
	char *architecture; /* the package's own */
	char *status;	    /* "installed", "downloaded", "pending-reboot", "failed" */
	int64_t at;	    /* seconds since 1970, by the machine's clock */
	char *message;	    /* the package manager's own words; "" when all was well */
} SlReportResult;

SlReportResult *sl_report_result_new(void);
void sl_report_result_free(SlReportResult *result);
/** An array that owns its SlReportResult. */
GPtrArray *sl_report_result_array_new(void);

typedef struct {
	char *token; /* the secret part alone */
	SlSealPublic keys;
	int64_t at;
	SlReportFacts facts;
} SlEnrollment;

SlEnrollment *sl_enrollment_new(void);
/** The message's body, owned. */
char *sl_enrollment_write(const SlEnrollment *enrollment);
SlEnrollment *sl_enrollment_read(const char *body, size_t size, GError **error);
void sl_enrollment_free(SlEnrollment *enrollment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlEnrollment, sl_enrollment_free)

typedef struct {
	int64_t counter; /* higher than any before; on the machine's disk before it is sent */
	int64_t epoch;	 /* of the server, as its last answer said */
	int64_t at;	 /* seconds since 1970, by the machine's clock */
	int64_t pointer; /* version of the signed pointer it holds; 0: none yet */
	bool reboot;	 /* it needs a restart */
	bool leaving;	 /* its last one: `sluice-agent leave` */
	SlReportFacts facts;
	char *problem;	     /* why it cannot read its channel, in its package manager's words;
				NULL or "" when it can */
	char *inventory;     /* digest of all that is installed */
	GPtrArray *packages; /* (owned, element-type SlReportPackage), or NULL: the digest alone */
	GPtrArray *results;  /* (owned, element-type SlReportResult); may be empty */
} SlCheckin;

SlCheckin *sl_checkin_new(void);
char *sl_checkin_write(const SlCheckin *checkin);
/** Also checks that the digest is that of the packages, where they are there. */
SlCheckin *sl_checkin_read(const char *body, size_t size, GError **error);
void sl_checkin_free(SlCheckin *checkin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCheckin, sl_checkin_free)

/* A suite the machine gets from its channel. */
typedef struct {
	char *suite;
	char *components;    /* separated by blanks */
	char *architectures; /* separated by blanks */
} SlAnswerSource;

void sl_answer_source_free(SlAnswerSource *source);
/** An array that owns its SlAnswerSource. */
GPtrArray *sl_answer_source_array_new(void);

typedef struct {
	char *request;	  /* SHA-256 of the posted bytes, hexadecimal */
	int64_t at;	  /* the server's clock */
	char *state;	  /* "active", "pending" (a person has to accept it), "stale", "epoch" */
	int64_t computer; /* what to say as machine */
	int64_t counter;  /* the highest the server has taken */
	int64_t epoch;
	int64_t pointer; /* version of the signed pointer; 0: there is none yet */
	bool want_inventory;
	bool conflict;	    /* a message of this identity came with a counter that was not higher:
			       another machine may go by it; until a person has looked at it */
	int64_t interval_s; /* between check-ins */
	char *group;
	char *channel;
	char *key;	    /* the channel's OpenPGP public key, armoured */
	GPtrArray *sources; /* (owned, element-type SlAnswerSource); empty while pending */
} SlAnswer;

SlAnswer *sl_answer_new(void);
char *sl_answer_write(const SlAnswer *answer);
SlAnswer *sl_answer_read(const char *body, size_t size, GError **error);
void sl_answer_free(SlAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAnswer, sl_answer_free)

/** The fingerprint that tokens carry: 43 characters, owned. */
char *sl_report_fingerprint(const char *server_id, const SlSealPublic *keys);

/** Reads and writes /keys/server.json. */
char *sl_report_write_keys(const char *server_id, const SlSealPublic *keys);
bool sl_report_read_keys(const char *body, size_t size, char **ret_server_id,
			 SlSealPublic *ret_keys, GError **error);
