/* commands.c - the table of sluicectl's commands */
#include "server/ctl/commands.h"

#include <string.h>

#include "catalog/base/command_line.h"

#define PAGED "sort= limit= offset="

/* what listings of computers are narrowed to */
#define COMPUTERS                                                                                  \
	"group= channel= state= silent coverage= os= text= overdue= update= status= "              \
	"missing= " PAGED

static const SlCommand commands[] = {
	{"status", sl_cmd_status, 0, 0, "", "", "what runs, and where"},
	{"upstream add", sl_cmd_upstream_add, 1, 2,
	 "debian NAME --url URL --suite S --component C... --architecture A... --keyring FILE",
	 "from-host url= suite= component= architecture= keyring= as= exclude= serves= base "
	 "internal",
	 "add a place updates come from; debian --from-host takes this machine's own"},
	{"upstream list", sl_cmd_upstream_list, 0, 0, "", "text= state= outcome= " PAGED,
	 "list upstreams"},
	{"upstream show", sl_cmd_upstream_show, 1, 1, "NAME", "", "show one upstream"},
	{"upstream remove", sl_cmd_upstream_remove, 1, 1, "NAME", "",
	 "remove one that brought no updates"},
	{"upstream rekey", sl_cmd_upstream_rekey, 1, 1, "NAME --keyring FILE", "keyring= dry-run",
	 "take other keys for one, after comparing their fingerprints"},
	{"upstream set", sl_cmd_upstream_set, 1, 1, "NAME",
	 "url= component= architecture= exclude= serves=",
	 "change where one is, or what is taken from it"},
	{"upstream enable", sl_cmd_upstream_enable, 1, 1, "NAME", "", "sync one daily again"},
	{"upstream disable", sl_cmd_upstream_disable, 1, 1, "NAME", "",
	 "sync one only when it is named"},
	{"sync list", sl_cmd_sync_list, 0, 1, "[UPSTREAM]", "outcome= text= " PAGED,
	 "how each sync ended"},
	{"sync", sl_cmd_sync, 0, 1, "[UPSTREAM]", "", "bring in what upstreams have now"},
	{"update list", sl_cmd_update_list, 0, 0, "",
	 "upstream= state= channel= rating= section= text= cve= name= package= day= decision= "
	 "sort= "
	 "newest limit= offset=",
	 "list updates, each version for itself"},
	{"update show", sl_cmd_update_show, 1, 1, "UPDATE", "", "show one update"},
	{"update packages", sl_cmd_update_packages, 1, 1, "UPDATE", "text= architecture= " PAGED,
	 "the packages of one update"},
	{"approve", sl_cmd_approve, 1, -1, "UPDATE... --channel certification|production",
	 "channel= reason= emergency dry-run", "let a channel's computers have updates"},
	{"recall", sl_cmd_recall, 1, -1, "UPDATE... [--channel C]", "channel= reason= dry-run",
	 "take updates out again"},
	{"decline", sl_cmd_decline, 1, -1, "UPDATE...", "reason=", "say that nobody wants updates"},
	{"rate", sl_cmd_rate, 2, 2, "UPDATE critical|high|medium|low --reason TEXT",
	 "reason=", "decide how urgent an update is here"},
	{"certification", sl_cmd_certification, 0, 0, "", "state= rating= text= " PAGED,
	 "what waits for production, and what certification showed of it"},
	{"hold", sl_cmd_hold, 1, 1, "UPDATE --reason TEXT",
	 "reason=", "keep an update out of production for now"},
	{"unhold", sl_cmd_unhold, 1, 1, "UPDATE [--reason TEXT]", "reason=", "let it go on"},
	{"channel list", sl_cmd_channel_list, 0, 0, "", "", "list channels and their keys"},
	{"channel diff", sl_cmd_channel_diff, 0, 0, "", "text= " PAGED,
	 "what certification and production differ in"},
	{"channel history", sl_cmd_channel_history, 0, 1, "[CHANNEL]",
	 "limit= offset=", "every publication with what changed"},
	{"channel show", sl_cmd_channel_show, 1, 2, "CHANNEL [N]", "text= " PAGED,
	 "what the newest publication holds, or an earlier one"},
	{"channel return", sl_cmd_channel_return, 2, 2, "CHANNEL N --reason TEXT",
	 "reason= emergency dry-run", "go back to an earlier publication's content"},
	{"advisory import", sl_cmd_advisory_import, 1, 1, "FILE|-", "",
	 "attach CVEs from the Debian security tracker's DSA list"},
	{"group add", sl_cmd_group_add, 1, 1, "NAME --channel certification|production",
	 "channel=", "add a group of computers"},
	{"group list", sl_cmd_group_list, 0, 0, "", "text= channel= " PAGED, "list groups"},
	{"group change", sl_cmd_group_change, 1, 1, "NAME [--name NEW] [--channel CHANNEL]",
	 "name= channel=", "give a group another name or channel"},
	{"group remove", sl_cmd_group_remove, 1, 1, "NAME", "", "remove a group without computers"},
	{"token new", sl_cmd_token_new, 0, 0,
	 "--group GROUP [--expires 7d|never] [--uses N] [--hold]", "group= expires= uses= hold",
	 "let computers enrol; with --hold a person has to accept them"},
	{"token list", sl_cmd_token_list, 0, 0, "", "group= state= text= " PAGED,
	 "list tokens, without their secrets"},
	{"token revoke", sl_cmd_token_revoke, 1, 1, "TOKEN|ID", "",
	 "let nobody else enrol with a token"},
	{"person add", sl_cmd_person_add, 1, 1, "NAME --role viewer|certifier|approver|owner",
	 "role=", "let somebody sign in at the admin page; asks for a password"},
	{"person list", sl_cmd_person_list, 0, 0, "", "text= role= " PAGED, "list who can sign in"},
	{"person role", sl_cmd_person_role, 2, 2, "NAME viewer|certifier|approver|owner", "",
	 "change what somebody may do"},
	{"person password", sl_cmd_person_password, 1, 1, "NAME", "",
	 "give somebody another password"},
	{"person remove", sl_cmd_person_remove, 1, 1, "NAME", "",
	 "let somebody sign in no more; API tokens go too"},
	{"person unlock", sl_cmd_person_unlock, 0, 0, "", "",
	 "forget wrong passwords, so that nobody has to wait"},
	{"setup-code", sl_cmd_setup_code, 0, 0, "", "",
	 "make the code that makes the first owner at the admin page"},
	{"api-token new", sl_cmd_api_token_new, 1, 1,
	 "NAME --role viewer|certifier|approver|owner --expires 90d",
	 "role= expires=", "make what a script signs in with"},
	{"api-token list", sl_cmd_api_token_list, 0, 0, "", "text= state= role= " PAGED,
	 "list API tokens, without their secrets"},
	{"api-token remove", sl_cmd_api_token_remove, 1, 1, "ID", "", "let a script in no more"},
	{"computer list", sl_cmd_computer_list, 0, 0, "", COMPUTERS, "list computers"},
	{"computer show", sl_cmd_computer_show, 1, 1, "COMPUTER", "", "show one computer"},
	{"computer updates", sl_cmd_computer_updates, 1, 1, "COMPUTER",
	 "text= status= rating= " PAGED, "what one computer has to do with updates"},
	{"computer accept", sl_cmd_computer_accept, 1, 1, "COMPUTER", "",
	 "let in one that waits; or say that a conflict is known"},
	{"computer move", sl_cmd_computer_move, 1, 1, "COMPUTER --group GROUP",
	 "group=", "put a computer into another group"},
	{"computer remove", sl_cmd_computer_remove, 1, 1, "COMPUTER", "", "forget a computer"},
	{"coverage", sl_cmd_coverage, 0, 0, "[--by update|computer|group|channel]",
	 "by= " COMPUTERS, "who is covered, and who is not"},
	{"settings show", sl_cmd_settings, 0, 0, "", "", "the same as settings alone"},
	{"settings set", sl_cmd_settings_set, 2, 2, "allow.RATING|soak.RATING|two_people VALUE", "",
	 "change what a rating allows or asks for, or who it takes to approve"},
	{"settings", sl_cmd_settings, 0, 0, "", "", "what ratings allow and ask for, and keys"},
	{"job list", sl_cmd_job_list, 0, 0, "", "kind= state= text= " PAGED, "list long work"},
	{"job show", sl_cmd_job_show, 1, 1, "ID", "", "show one job"},
	{"job cancel", sl_cmd_job_cancel, 1, 1, "ID", "", "stop a job"},
	{"backup", sl_cmd_backup, 1, 1, "FILE", "",
	 "copy the database to a new file; no payloads, no private keys"},
	{"audit list", sl_cmd_audit_list, 0, 0, "",
	 "person= action= object= text= from= until= limit= offset=", "who changed what"},
	{"audit verify", sl_cmd_audit_verify, 0, 0, "", "", "check that nobody changed the log"},
};

const SlCommand *
sl_commands(size_t *ret_count)
{
	*ret_count = G_N_ELEMENTS(commands);
	return commands;
}

/* How many of the words given are the command's own; 0: it is another. */
static int
matched_words(const SlCommand *command, char **words, int count)
{
	g_auto(GStrv) own = g_strsplit(command->words, " ", -1);
	int length = (int)g_strv_length(own);

	if (count < length)
		return 0;
	for (int i = 0; i < length; i++)
		if (strcmp(own[i], words[i]) != 0)
			return 0;
	return length;
}

const SlCommand *
sl_command_find(char **words, int count, int *ret_matched)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		*ret_matched = matched_words(&commands[i], words, count);
		if (*ret_matched > 0)
			return &commands[i];
	}
	return NULL;
}

bool
sl_command_is_listing(const SlCommand *command)
{
	return g_str_has_suffix(command->words, " list") || command->run == sl_cmd_settings ||
	       sl_option_find(command->options, "limit") == SL_OPTION_VALUE;
}

char *
sl_command_second_words(const char *first)
{
	GString *list = g_string_new(NULL);
	g_autofree char *prefix = g_strconcat(first, " ", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_has_prefix(commands[i].words, prefix))
			g_string_append_printf(list, "%s%s", list->len ? ", " : "",
					       commands[i].words + strlen(prefix));
	return g_string_free(list, list->len == 0);
}
