#include "clients/checkin.h"

#include <string.h>

#include "clients/computer.h"
#include "clients/credential.h"
#include "clients/inventory.h"

bool
sl_machine_find(SlDb *db, int64_t id, SlMachine *ret_machine, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT c.sign_key, c.box_key, c.state, g.channel_id FROM computer c"
		    " JOIN computer_group g ON g.id = c.group_id WHERE c.id = ?1");
	const void *sign, *box;
	size_t sign_size, box_size;

	sl_query_bind_int(query, 1, id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	sign = sl_query_blob(query, 0, &sign_size);
	box = sl_query_blob(query, 1, &box_size);
	if (sign_size != SL_SEAL_SIGN_PUBLIC || box_size != SL_SEAL_BOX_PUBLIC)
		return false;
	memcpy(ret_machine->keys.sign, sign, sign_size);
	memcpy(ret_machine->keys.box, box, box_size);
	ret_machine->left = strcmp(sl_query_text(query, 2), "left") == 0;
	ret_machine->channel_id = sl_query_int(query, 3);
	return true;
}

static SlStatus
status_of(const SlReportResult *result)
{
	SlStatus status = SL_STATUS_UNKNOWN;

	sl_status_read(result->status, &status, NULL);
	return status;
}

/* Failed says more than waiting for a restart, that more than downloaded, that more than done. */
static int
weight(SlStatus status)
{
	switch (status) {
	case SL_STATUS_FAILED:
		return 3;
	case SL_STATUS_PENDING_REBOOT:
		return 2;
	case SL_STATUS_DOWNLOADED:
		return 1;
	default:
		return 0;
	}
}

static void
keep_worst(GArray *list, const SlTried *tried)
{
	for (guint i = 0; i < list->len; i++) {
		SlTried *kept = &g_array_index(list, SlTried, i);

		if (kept->update_id != tried->update_id)
			continue;
		if (weight(tried->status) > weight(kept->status))
			*kept = *tried;
		return;
	}
	g_array_append_val(list, *tried);
}

GArray *
sl_checkin_tried(SlDb *db, const SlCheckin *checkin, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT DISTINCT r.update_id FROM package p JOIN revision_package rp"
		    " ON rp.package_id = p.id JOIN revision r ON r.id = rp.revision_id"
		    " JOIN updates u ON u.id = r.update_id WHERE p.name = ?1 AND p.version = ?2"
		    " AND p.architecture = ?3 AND u.slot IS NOT NULL");
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(SlTried));

	for (guint i = 0; i < checkin->results->len; i++) {
		const SlReportResult *result = checkin->results->pdata[i];
		SlStep step;

		sl_query_bind_text(query, 1, result->package);
		sl_query_bind_text(query, 2, result->version);
		sl_query_bind_text(query, 3, result->architecture);
		while ((step = sl_query_step(query, error)) == SL_ROW) {
			SlTried tried = {sl_query_int(query, 0), status_of(result), result->at,
					 result->message};

			keep_worst(list, &tried);
		}
		if (step != SL_DONE)
			return NULL;
	}
	return g_steal_pointer(&list);
}

/* A clone, a replay or a restored machine: nothing is taken, and people can see it. */
static bool
note_conflict(SlDb *db, const SlCheckinWrite *write, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET conflict_at = ?2 WHERE id = ?1");

	sl_query_bind_int(query, 1, write->computer);
	sl_query_bind_int(query, 2, write->now_at);
	return sl_query_run(query, error);
}

/* It has an index: written only when it is another. */
static bool
write_name(SlDb *db, const SlCheckinWrite *write, const SlComputerRow *before, GError **error)
{
	const char *name = write->checkin->facts.name;
	g_autoptr(SlQuery) query = sl_query_new(db, "UPDATE computer SET name = ?2 WHERE id = ?1");

	if (strcmp(before->name, name) == 0)
		return true;
	sl_query_bind_int(query, 1, write->computer);
	sl_query_bind_text(query, 2, name);
	return sl_query_run(query, error);
}

/* The counter decides whether this is the newest message. */
static bool
write_row(SlDb *db, const SlCheckinWrite *write, const SlComputerRow *before, const char *state,
	  const SlCounted *is, GError **error)
{
	static const char sql[] =
		"UPDATE computer SET counter = ?1, seen_at = ?3, address = ?4, os_id = ?5,"
		" os_codename = ?6, os_version = ?7, architectures = ?8, kernel = ?9, agent = ?10,"
		" reboot = ?11, silent = 0, state = ?12, standing = ?13, states = ?14, problem = "
		"?15, missing = ?16, lacks_critical_at = ?17, lacks_high_at = ?18,"
		" lacks_medium_at = ?19, lacks_low_at = ?20"
		" WHERE id = ?2 AND counter < ?1";
	const SlReportFacts *facts = &write->checkin->facts;
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, write->checkin->counter);
	sl_query_bind_int(query, 2, write->computer);
	sl_query_bind_int(query, 3, write->now_at);
	sl_query_bind_text(query, 4, write->address);
	sl_query_bind_text(query, 5, facts->os_id);
	sl_query_bind_text(query, 6, facts->os_codename);
	sl_query_bind_text(query, 7, facts->os_version);
	sl_query_bind_text(query, 8, facts->architectures);
	sl_query_bind_text(query, 9, facts->kernel);
	sl_query_bind_text(query, 10, facts->agent);
	sl_query_bind_int(query, 11, write->checkin->reboot);
	sl_query_bind_text(query, 12, state);
	sl_query_bind_int(query, 13, is->standing.worst);
	sl_query_bind_blob(query, 14, is->states, is->size);
	sl_query_bind_text(query, 15, write->checkin->problem ? write->checkin->problem : "");
	sl_query_bind_int(query, 16, is->standing.missing);
	for (int i = 0; i < SL_RATINGS; i++)
		sl_query_bind_int(query, 17 + i, is->standing.lacks_at[i]);
	if (!sl_query_run(query, error))
		return false;
	if (sl_db_changes(db) != 1)
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "the counter is not higher than before");
	return write_name(db, write, before, error);
}

/* Gives it another inventory, 0: none; that which it had goes unless another computer has it. */
static bool
change_inventory(SlDb *db, const SlComputerRow *before, int64_t inventory_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET inventory_id = nullif(?2, 0) WHERE id = ?1");

	if (inventory_id == before->inventory_id)
		return true;
	sl_query_bind_int(query, 1, before->id);
	sl_query_bind_int(query, 2, inventory_id);
	return sl_query_run(query, error) && sl_inventory_drop(db, before->inventory_id, error);
}

static bool
write_tried(SlDb *db, const SlCheckinWrite *write, GError **error)
{
	g_autoptr(SlQuery) keep =
		sl_query_new(db, "INSERT INTO report (computer_id, update_id, status, at, message)"
				 " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (computer_id, update_id)"
				 " DO UPDATE SET status = ?3, at = ?4, message = ?5");
	g_autoptr(SlQuery) forget =
		sl_query_new(db, "DELETE FROM report WHERE computer_id = ?1 AND update_id = ?2");

	for (guint i = 0; write->tried && i < write->tried->len; i++) {
		const SlTried *tried = &g_array_index(write->tried, SlTried, i);
		bool done = tried->status == SL_STATUS_INSTALLED;
		SlQuery *query = done ? forget : keep;

		sl_query_bind_int(query, 1, write->computer);
		sl_query_bind_int(query, 2, tried->update_id);
		if (!done) {
			sl_query_bind_int(query, 3, tried->status);
			sl_query_bind_int(query, 4, tried->at);
			sl_query_bind_text(query, 5, tried->message);
		}
		if (!sl_query_run(query, error))
			return false;
	}
	return true;
}

/* A set that nobody has, as long as this computer may bring one; 0 without an error: it may not. */
static int64_t
add_inventory(SlDb *db, const SlCheckinWrite *write, const SlComputerRow *before, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET new_until_at = ?2 WHERE id = ?1");
	int64_t until_at = before->new_until_at;

	if (!sl_inventory_may_add(&until_at, write->now_at))
		return 0;
	sl_query_bind_int(query, 1, write->computer);
	sl_query_bind_int(query, 2, until_at);
	return sl_query_run(query, error) ? sl_inventory_add(db, write->checkin->inventory,
							     write->checkin->packages, error)
					  : 0;
}

/* The id of what is installed, stored when it came whole; 0: nobody ever sent that set. */
static bool
find_inventory(SlDb *db, SlCheckinWrite *write, const SlComputerRow *before, int64_t *ret_id,
	       GError **error)
{
	GError *problem = NULL;

	if (!sl_inventory_find(db, write->checkin->inventory, ret_id, error))
		return false;
	if (*ret_id != 0)
		return true;
	write->want_inventory = !write->checkin->packages;
	if (write->want_inventory)
		return true;
	*ret_id = add_inventory(db, write, before, &problem);
	if (problem)
		g_propagate_error(error, problem);
	else if (*ret_id == 0)
		write->outcome = SL_CHECKIN_LIMITED;
	return !problem;
}

/* Statuses by the inventory and the reports; NULL on failure. */
static GByteArray *
derive_states(SlDb *db, const SlCheckinWrite *write, const SlModelPlace *place, GError **error)
{
	const char *inventory = write->checkin->inventory;
	g_autoptr(GByteArray) states = g_byte_array_new();
	GError *problem = NULL;
	g_autoptr(GBytes) derived =
		sl_model_derive_stored(write->model, db, place, inventory, &problem);

	if (problem)
		g_propagate_error(error, problem);
	else if (!derived)
		sl_error_set(error, SL_ERROR_DATABASE, "inventory %s is gone", inventory);
	if (!derived)
		return NULL;
	g_byte_array_append(states, g_bytes_get_data(derived, NULL),
			    (guint)g_bytes_get_size(derived));
	return sl_computer_overlay(db, write->computer, states, write->checkin->reboot, true, error)
		       ? g_steal_pointer(&states)
		       : NULL;
}

static bool
store_active(SlDb *db, SlCheckinWrite *write, const SlComputerRow *before, SlCoverageDelta *delta,
	     GError **error)
{
	const SlReportFacts *facts = &write->checkin->facts;
	SlModelPlace place = {write->membership.channel_id, facts->os_id, facts->os_codename};
	SlCounted was = sl_computer_row_counted(before), is = was;
	g_autoptr(GByteArray) states = NULL;
	int64_t inventory_id = 0;

	is.silent = false;
	if (!find_inventory(db, write, before, &inventory_id, error))
		return false;
	if (write->outcome == SL_CHECKIN_LIMITED)
		return true;
	if (!write_tried(db, write, error))
		return false;
	/* before what is installed is known, what was there stays */
	if (!write->want_inventory) {
		states = derive_states(db, write, &place, error);
		if (!states)
			return false;
		is.states = states->data;
		is.size = states->len;
		is.standing = sl_model_standing(write->model, &place, is.states, is.size);
	}
	if (!write_row(db, write, before, "active", &is, error) ||
	    (!write->want_inventory && !change_inventory(db, before, inventory_id, error)))
		return false;
	sl_coverage_delta_move(delta, &was, &is);
	return true;
}

/* It says goodbye: it stays in the list, and counts no more. */
static bool
store_leaving(SlDb *db, const SlCheckinWrite *write, const SlComputerRow *before,
	      SlCoverageDelta *delta, GError **error)
{
	SlCounted was = sl_computer_row_counted(before), is = {0};

	if (!write_row(db, write, before, "left", &is, error) ||
	    !change_inventory(db, before, 0, error))
		return false;
	sl_coverage_delta_move(delta, &was, &is);
	return true;
}

/* Nobody has let it in yet: it is shown, and what it has is neither kept nor counted. */
static bool
store_pending(SlDb *db, const SlCheckinWrite *write, const SlComputerRow *before, GError **error)
{
	return write_row(db, write, before, "pending", &(SlCounted){0}, error);
}

bool
sl_checkin_store(SlDb *db, SlCheckinWrite *write, SlCoverageDelta *delta, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlComputerRow) before = sl_computer_row_load(db, write->computer, &problem);

	write->want_inventory = false;
	write->outcome = SL_CHECKIN_UNKNOWN;
	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (!before || (strcmp(before->state, "left") == 0 && !write->checkin->leaving))
		return true;
	write->membership = before->membership;
	before->membership = (SlMembership){0};
	write->counter = before->counter;
	if (write->checkin->counter <= before->counter) {
		write->outcome = SL_CHECKIN_STALE;
		write->membership.conflict = true;
		return note_conflict(db, write, error);
	}
	write->outcome = SL_CHECKIN_TAKEN;
	write->counter = write->checkin->counter;
	if (write->checkin->leaving)
		return store_leaving(db, write, before, delta, error);
	if (write->membership.pending)
		return store_pending(db, write, before, error);
	return store_active(db, write, before, delta, error);
}

/* Ids are random, so that one tells nothing of the fleet's size or order. */
static int64_t
new_id(void)
{
	uint8_t digest[32];
	int64_t id = 0;
	g_autofree char *random = sl_seal_random_text(16);

	sl_seal_digest(random, strlen(random), digest);
	memcpy(&id, digest, sizeof id);
	id &= INT64_MAX;
	return id ? id : 1;
}

/* The id of the computer that has this key; 0 without an error where there is none. */
static int64_t
find_by_key(SlDb *db, const SlSealPublic *keys, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT id FROM computer WHERE sign_key = ?1");

	sl_query_bind_blob(query, 1, keys->sign, SL_SEAL_SIGN_PUBLIC);
	return sl_query_step(query, error) == SL_ROW ? sl_query_int(query, 0) : 0;
}

/* A new row, or that of a machine that had left and comes back with its key. */
static bool
write_computer(SlDb *db, const SlEnrollWrite *write, int64_t token_id, int64_t group_id, bool hold,
	       GError **error)
{
	static const char sql[] =
		"INSERT INTO computer (id, name, group_id, state, sign_key, box_key, enrolled_at,"
		" token_id, address, os_id, os_codename, os_version, architectures, kernel, agent)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
		" ON CONFLICT (sign_key) DO UPDATE SET name = ?2, group_id = ?3, state = ?4,"
		" box_key = ?6, enrolled_at = ?7, token_id = ?8, address = ?9, silent = 0,"
		" seen_at = NULL";
	const SlReportFacts *facts = &write->enrollment->facts;
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, write->computer);
	sl_query_bind_text(query, 2, facts->name);
	sl_query_bind_int(query, 3, group_id);
	sl_query_bind_text(query, 4, hold ? "pending" : "active");
	sl_query_bind_blob(query, 5, write->enrollment->keys.sign, SL_SEAL_SIGN_PUBLIC);
	sl_query_bind_blob(query, 6, write->enrollment->keys.box, SL_SEAL_BOX_PUBLIC);
	sl_query_bind_int(query, 7, write->now_at);
	sl_query_bind_int(query, 8, token_id);
	sl_query_bind_text(query, 9, write->address);
	sl_query_bind_text(query, 10, facts->os_id);
	sl_query_bind_text(query, 11, facts->os_codename);
	sl_query_bind_text(query, 12, facts->os_version);
	sl_query_bind_text(query, 13, facts->architectures);
	sl_query_bind_text(query, 14, facts->kernel);
	sl_query_bind_text(query, 15, facts->agent);
	return sl_query_run(query, error);
}

/* What the answer says of it. */
static void
take_place(SlEnrollWrite *write, SlComputerRow *row)
{
	write->counter = row->counter;
	write->membership = row->membership;
	row->membership = (SlMembership){0};
}

/* Takes a token, and the machine in. */
static bool
let_in(SlDb *db, const SlEnrollWrite *write, GError **error)
{
	int64_t token_id, group_id;
	bool hold;

	return sl_token_take(db, write->enrollment->token, write->now_at, &token_id, &group_id,
			     &hold, error) &&
	       write_computer(db, write, token_id, group_id, hold, error);
}

bool
sl_enroll_store(SlDb *db, SlEnrollWrite *write, SlCoverageDelta *delta, GError **error)
{
	GError *problem = NULL;
	int64_t known = find_by_key(db, &write->enrollment->keys, &problem);
	g_autoptr(SlComputerRow) before = known ? sl_computer_row_load(db, known, &problem) : NULL;
	g_autoptr(SlComputerRow) after = NULL;
	SlCounted nothing = {0}, is;

	if (problem) {
		g_propagate_error(error, problem);
		return false;
	}
	write->computer = known ? known : new_id();
	if (before && strcmp(before->state, "left") != 0) {
		take_place(write, before);
		return true;
	}
	if (!let_in(db, write, error))
		return false;
	after = sl_computer_row_load(db, write->computer, error);
	if (!after)
		return false;
	is = sl_computer_row_counted(after);
	sl_coverage_delta_move(delta, &nothing, &is);
	take_place(write, after);
	return true;
}

bool
sl_enroll_is_known(SlDb *db, const SlSealPublic *keys)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM computer WHERE sign_key = ?1 AND state <> 'left'");

	sl_query_bind_blob(query, 1, keys->sign, SL_SEAL_SIGN_PUBLIC);
	return sl_query_step(query, NULL) == SL_ROW;
}
