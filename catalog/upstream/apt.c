/* apt.c - Debian archives: the signed Release, and whether it may be believed
 *
 * Nothing is parsed that a verified signature does not cover. The format of the archive is Debian's
 * (wiki: DebianRepository/Format).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/upstream/apt_private.h"
#include "catalog/upstream/keyring.h"

#define CLOCK_SKEW 600 /* seconds a Release's Date may lie ahead of our clock */

void
sl_upstream_news_free(SlUpstreamNews *news)
{
	if (!news)
		return;
	sl_stage_free(news->stage);
	sl_upstream_free(news->learned);
	if (news->indexes)
		g_ptr_array_unref(news->indexes);
	g_free(news->fingerprint);
	g_free(news);
}

static void
bringing_clear(SlAptBringing *b)
{
	if (b->text)
		g_bytes_unref(b->text);
	sl_release_free(b->release);
	sl_upstream_news_free(b->news);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlAptBringing, bringing_clear)

char *
sl_apt_url(const SlAptBringing *b, const char *path)
{
	return g_strdup_printf("%sdists/%s/%s", b->upstream->url, b->upstream->suite, path);
}

/* Downloads a small file of the suite into the work directory; whether it came. */
static bool
fetch(SlAptBringing *b, const char *path, int64_t limit, SlFetch **ret_fetch, GError **error)
{
	g_autofree char *url = sl_apt_url(b, path);
	sl_autofd int fd = -1;
	g_autoptr(SlFetch) one = NULL;
	bool ok;

	if (!sl_fs_remove(b->context->work_fd, path, error))
		return false;
	fd = sl_fs_open_flags(b->context->work_fd, path, O_RDWR | O_CREAT | O_EXCL, 0600, error);
	if (fd < 0)
		return false;
	one = sl_fetch_new(url, b->upstream->internal, fd, limit);
	if (ret_fetch) {
		one->etag = g_strdup(b->upstream->release_etag);
		one->modified = g_strdup(b->upstream->release_modified);
	}
	ok = sl_fetch_one(one, b->context->limits, b->context->job, NULL, error);
	*b->bytes += one->received;
	if (ok && ret_fetch)
		*ret_fetch = g_steal_pointer(&one);
	return ok;
}

static GBytes *
fetch_bytes(SlAptBringing *b, const char *path, int64_t limit, SlFetch **ret_fetch, GError **error)
{
	return fetch(b, path, limit, ret_fetch, error)
		       ? sl_fs_read(b->context->work_fd, path, (size_t)limit, error)
		       : NULL;
}

static void
learn_validators(SlAptBringing *b, SlFetch *fetch)
{
	SlUpstream *learned = b->news->learned;

	g_free(learned->release_etag);
	g_free(learned->release_modified);
	learned->release_etag = g_steal_pointer(&fetch->ret_etag);
	learned->release_modified = g_steal_pointer(&fetch->ret_modified);
}

/* Opened when there is something to verify: with nothing new there is not. */
static SlKeyring *
open_keyring(const SlAptBringing *b, GError **error)
{
	return sl_keyring_new(b->upstream->keyring, b->upstream->fingerprints, error);
}

static bool
verify_two_files(SlAptBringing *b, GError **error)
{
	g_autoptr(SlFetch) fetched = NULL;
	g_autoptr(GBytes) text = fetch_bytes(b, "Release", SL_LIMIT_RELEASE, &fetched, error);
	g_autoptr(GBytes) signature = NULL;
	g_autoptr(SlKeyring) keyring = NULL;

	if (!text)
		return false;
	if (fetched->status == 304)
		return true;
	signature = fetch_bytes(b, "Release.gpg", SL_LIMIT_RELEASE, NULL, error);
	keyring = signature ? open_keyring(b, error) : NULL;
	if (!keyring)
		return false;
	if (!sl_keyring_verify_detached(keyring, text, signature, &b->news->fingerprint, error)) {
		g_prefix_error(error, "Release.gpg: ");
		return false;
	}
	learn_validators(b, fetched);
	b->text = g_steal_pointer(&text);
	return true;
}

static bool
verify_one_file(SlAptBringing *b, bool *ret_absent, GError **error)
{
	g_autoptr(SlFetch) fetched = NULL;
	g_autoptr(SlKeyring) keyring = NULL;
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) message =
		fetch_bytes(b, "InRelease", SL_LIMIT_RELEASE, &fetched, &problem);

	*ret_absent = g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND);
	if (*ret_absent)
		return true;
	if (!message) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (fetched->status == 304)
		return true;
	keyring = open_keyring(b, error);
	if (!keyring)
		return false;
	b->text = sl_keyring_verify_clear(keyring, message, &b->news->fingerprint, error);
	if (!b->text) {
		g_prefix_error(error, "InRelease: ");
		return false;
	}
	learn_validators(b, fetched);
	return true;
}

/* Brings the signed text; b->text stays NULL when the upstream says it is still the same. */
static bool
bring_text(SlAptBringing *b, GError **error)
{
	bool absent = false;

	sl_job_step(b->context->job, "fetching the release", 0, 0);
	return verify_one_file(b, &absent, error) && (!absent || verify_two_files(b, error));
}

static bool
check_valid_until(const SlAptBringing *b, int64_t valid_until, GError **error)
{
	g_autofree char *until = NULL;

	if (valid_until == 0 || valid_until >= sl_clock_now(b->context->clock))
		return true;
	until = sl_text_format_time(valid_until);
	return sl_error_set(error, SL_ERROR_INTEGRITY, "the Release expired: it was valid until %s",
			    until);
}

static bool
check_dates(const SlAptBringing *b, GError **error)
{
	int64_t now_at = sl_clock_now(b->context->clock);
	const SlRelease *release = b->release;
	g_autofree char *date = sl_text_format_time(release->date_at);

	if (release->date_at > now_at + CLOCK_SKEW)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "the Release is dated %s, which is in the future", date);
	if (!check_valid_until(b, release->valid_until, error))
		return false;
	if (release->date_at < b->upstream->release_at) {
		g_autofree char *seen = sl_text_format_time(b->upstream->release_at);

		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "the Release is dated %s, older than the one seen before, of "
				    "%s: somebody may be rolling the upstream back",
				    date, seen);
	}
	return true;
}

static bool
check_identity_field(const char *field, const char *before, const char *now, GError **error)
{
	g_autofree char *known = sl_text_escape(before ? before : "");
	g_autofree char *shown = sl_text_escape(now ? now : "");

	return !before || g_strcmp0(before, now ? now : "") == 0 ||
	       sl_error_set(error, SL_ERROR_INTEGRITY, "the Release's %s changed from '%s' to '%s'",
			    field, known, shown);
}

/* The keys sign many suites: this has to be the one that was asked for, by either of its names
 * ("stretch/updates" was called stretch). */
static bool
check_suite(const SlAptBringing *b, GError **error)
{
	const char *suite = b->release->suite ? b->release->suite : "";
	const char *codename = b->release->codename ? b->release->codename : "";
	g_auto(GStrv) asked = g_strsplit(b->upstream->suite, "/", 2);
	g_autofree char *shown_suite = sl_text_escape(suite);
	g_autofree char *shown_codename = sl_text_escape(codename);

	if (!suite[0] && !codename[0])
		return true;
	for (const char *name = b->upstream->suite; name; name = name == asked[0] ? NULL : asked[0])
		if (strcmp(name, suite) == 0 || strcmp(name, codename) == 0)
			return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "the Release is that of suite '%s', codename '%s', not of %s",
			    shown_suite, shown_codename, b->upstream->suite);
}

static void
learn_release(SlAptBringing *b)
{
	SlUpstream *learned = b->news->learned;
	gsize size;
	const char *text = g_bytes_get_data(b->text, &size);

	g_free(learned->origin);
	g_free(learned->codename);
	g_free(learned->label);
	g_free(learned->release_sha256);
	learned->origin = g_strdup(b->release->origin ? b->release->origin : "");
	learned->codename = g_strdup(b->release->codename ? b->release->codename : "");
	learned->label = g_strdup(b->release->label ? b->release->label : "");
	learned->release_sha256 = sl_hash_bytes(text, size);
	learned->release_at = b->release->date_at;
	learned->valid_until = b->release->valid_until;
}

static bool
read_release(SlAptBringing *b, GError **error)
{
	gsize size;
	const char *text = g_bytes_get_data(b->text, &size);

	b->release = sl_release_parse(text, size, error);
	if (!b->release)
		return false;
	if (!check_suite(b, error) || !check_dates(b, error) ||
	    !check_identity_field("Origin", b->upstream->origin, b->release->origin, error) ||
	    !check_identity_field("Codename", b->upstream->codename, b->release->codename, error))
		return false;
	learn_release(b);
	return true;
}

static bool
other_validators(const SlAptBringing *b)
{
	const SlUpstream *now = b->news->learned;

	return g_strcmp0(now->release_etag, b->upstream->release_etag) != 0 ||
	       g_strcmp0(now->release_modified, b->upstream->release_modified) != 0;
}

static SlUpstreamNews *
bring(const SlUpstreamContext *context, int64_t *bytes, GError **error)
{
	g_auto(SlAptBringing)
		b = {.context = context, .upstream = context->upstream, .bytes = bytes};
	bool same;

	b.news = g_new0(SlUpstreamNews, 1);
	b.news->indexes = g_ptr_array_new_with_free_func((GDestroyNotify)sl_upstream_index_free);
	b.news->learned = sl_upstream_get_by_id(context->live, context->upstream->id, error);
	if (!b.news->learned || !bring_text(&b, error))
		return NULL;
	/* one that hides what is new would say "unchanged" for ever: what we have runs out */
	if (!b.text)
		return check_valid_until(&b, b.upstream->valid_until, error)
			       ? g_steal_pointer(&b.news)
			       : NULL;
	if (!read_release(&b, error))
		return NULL;
	same = g_strcmp0(b.news->learned->release_sha256, context->upstream->release_sha256) == 0;
	b.news->changed = !same;
	b.news->revalidated = same && other_validators(&b);
	if (!same && !sl_apt_bring_indexes(&b, error))
		return NULL;
	return g_steal_pointer(&b.news);
}

const SlUpstreamKind sl_upstream_apt = {"debian", bring};
