#include "catalog/approval_rule.h"

#include <string.h>

#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/hold.h"
#include "catalog/person.h"
#include "catalog/setting.h"

/* What certification says of an update. */
typedef struct {
	bool approved;
	int64_t revision_id;
	char *person;
} Certified;

static void
certified_clear(Certified *certified)
{
	g_free(certified->person);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Certified, certified_clear)

static bool
load(SlDb *db, int64_t update_id, Certified *certified, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT a.revision_id, a.person FROM approval a JOIN channel c"
				 " ON c.id = a.channel_id WHERE c.name = '" SL_CHANNEL_CERTIFICATION
				 "' AND a.update_id = ?1 AND a.state = 'approved'");
	SlStep step;

	sl_query_bind_int(query, 1, update_id);
	step = sl_query_step(query, error);
	certified->approved = step == SL_ROW;
	if (step == SL_ROW) {
		certified->revision_id = sl_query_int(query, 0);
		certified->person = g_strdup(sl_query_text(query, 1));
	}
	return step != SL_FAILED;
}

static bool
check_order(const SlApprovalItem *item, const Certified *certified, GError **error)
{
	if (!certified->approved)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s is not approved for certification; approve it there first, "
				    "or use an emergency with a reason",
				    item->text);
	if (certified->revision_id != item->revision_id)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s: certification has another revision; approve the new one "
				    "there first, or use an emergency with a reason",
				    item->text);
	return true;
}

bool
sl_approval_check_hold(SlDb *db, const SlApprovalItem *item, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlHold) hold = sl_hold_get(db, item->update_id, &problem);

	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	return !hold || sl_error_set(error, SL_ERROR_DENIED, "%s is held by %s: %s", item->text,
				     hold->person, hold->reason);
}

static bool
check_person(const SlApprovalItem *item, const Certified *certified, const char *person,
	     GError **error)
{
	if (!certified->approved || certified->revision_id != item->revision_id)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s: production takes two people, in an emergency too; have "
				    "somebody else approve it for certification first",
				    item->text);
	if (strcmp(certified->person, person) == 0)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s: production takes two people, and %s approved it for "
				    "certification; somebody else has to approve it",
				    item->text, person);
	return true;
}

/* A user of the server's may be one of the people by another name, and so be both. */
static bool
check_is_one_of_the_people(SlDb *db, const SlApprovalItem *item, const char *name, GError **error)
{
	g_autoptr(GError) absent = NULL;
	g_autoptr(SlPerson) person = NULL;
	g_autofree char *shown = sl_text_escape(name);
	bool exists;

	if (!sl_person_exists(db, &exists, error))
		return false;
	person = exists ? sl_person_get(db, name, &absent) : NULL;
	if (person || !exists)
		return true;
	if (!g_error_matches(absent, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&absent));
		return false;
	}
	return sl_error_set(error, SL_ERROR_DENIED,
			    "%s: production takes two people, and %s is none of those who sign in; "
			    "decide on the page, or as a user who has a person's name",
			    item->text, shown);
}

bool
sl_approval_check(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item,
		  GError **error)
{
	g_auto(Certified) certified = {0};
	bool two_people;

	if (request->kind != SL_APPROVAL_APPROVE)
		return true;
	if (!sl_setting_two_people(db, &two_people, error) ||
	    (two_people && !check_is_one_of_the_people(db, item, request->person, error)))
		return false;
	if (strcmp(item->channel, SL_CHANNEL_PRODUCTION) != 0)
		return true;
	if (request->emergency && sl_text_is_blank(request->reason))
		return sl_error_set(error, SL_ERROR_INVALID, "an emergency needs a reason");
	if (!load(db, item->update_id, &certified, error))
		return false;
	if (!request->emergency &&
	    (!check_order(item, &certified, error) || !sl_approval_check_hold(db, item, error)))
		return false;
	return !two_people || check_person(item, &certified, request->person, error);
}
