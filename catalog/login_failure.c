#include "catalog/login_failure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "catalog/audit.h"

#define FREE	  5 /* failures that cost nothing */
#define LONGEST	  INT64_C(300)
#define FORGOTTEN INT64_C(86400)

char *
sl_login_source(const char *address)
{
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN] = "";

	if (inet_pton(AF_INET6, address, &v6) != 1)
		return g_strdup(address);
	memset(v6.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &v6, text, sizeof text);
	return g_strconcat(text, "/64", NULL);
}

static int64_t
delay_after(int64_t count)
{
	if (count < FREE)
		return 0;
	return count - FREE > 8 ? LONGEST : MIN(LONGEST, INT64_C(1) << (count - FREE));
}

bool
sl_login_wait(SlDb *db, const SlLogin *login, int64_t *ret_wait_s, GError **error)
{
	static const char sql[] = "SELECT count, last_at FROM login_failure WHERE last_at > ?3"
				  " AND ((kind = 'account' AND name = ?1)"
				  " OR (kind = 'source' AND name = ?2)"
				  " OR (kind = 'device' AND name = ?4))";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	int64_t wait_s = 0;
	SlStep step;

	sl_query_bind_text(query, 1, login->device ? NULL : login->account);
	sl_query_bind_text(query, 2, login->device ? NULL : login->source);
	sl_query_bind_int(query, 3, login->now_at - FORGOTTEN);
	sl_query_bind_text(query, 4, login->device);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t delay = delay_after(sl_query_int(query, 0));
		int64_t left = sl_query_int(query, 1) + delay - login->now_at;

		/* a clock that was set back makes nobody wait longer */
		wait_s = MAX(wait_s, MIN(left, delay));
	}
	if (step == SL_FAILED)
		return false;
	*ret_wait_s = wait_s;
	return true;
}

static bool
forget_old(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM login_failure WHERE last_at <= ?1");

	sl_query_bind_int(query, 1, now_at - FORGOTTEN);
	return sl_query_run(query, error);
}

static bool
count_one(SlDb *db, const char *kind, const char *name, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO login_failure (kind, name, count, last_at) VALUES (?1, ?2, 1, ?3)"
		    " ON CONFLICT (kind, name) DO UPDATE SET count = count + 1, last_at = ?3");

	sl_query_bind_text(query, 1, kind);
	sl_query_bind_text(query, 2, name);
	sl_query_bind_int(query, 3, now_at);
	return sl_query_run(query, error);
}

static bool
count(SlDb *db, const SlLogin *login, GError **error)
{
	if (login->device)
		return count_one(db, "device", login->device, login->now_at, error);
	return count_one(db, "account", login->account, login->now_at, error) &&
	       count_one(db, "source", login->source, login->now_at, error);
}

bool
sl_login_try(SlDb *db, const SlLogin *login, int64_t *ret_wait_s, GError **error)
{
	int64_t wait_s;

	if (!forget_old(db, login->now_at, error) || !sl_login_wait(db, login, &wait_s, error))
		return false;
	if (wait_s == 0 && !count(db, login, error))
		return false;
	*ret_wait_s = wait_s;
	return true;
}

static bool
forget(SlDb *db, const char *kind, const char *name, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM login_failure WHERE kind = ?1 AND name = ?2");

	sl_query_bind_text(query, 1, kind);
	sl_query_bind_text(query, 2, name);
	return sl_query_run(query, error);
}

bool
sl_login_succeed(SlDb *db, const SlLogin *login, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE login_failure SET count = count - 1 WHERE kind = 'source'"
				 " AND name = ?1");

	if (login->device)
		return forget(db, "device", login->device, error);
	sl_query_bind_text(query, 1, login->source);
	return sl_query_run(query, error) && sl_login_failure_forget(db, login->account, error);
}

bool
sl_login_failure_forget(SlDb *db, const char *account, GError **error)
{
	return forget(db, "account", account, error);
}

bool
sl_login_failure_reset(SlDb *db, const char *by, int64_t now_at, GError **error)
{
	return sl_db_exec(db, "DELETE FROM login_failure", error) &&
	       sl_audit_add(db, now_at, by, "login reset", "everybody", NULL, error);
}
