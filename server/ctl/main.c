/* main.c - sluicectl: the table of commands, and how they are typed */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/fs.h"
#include "catalog/base/keyfile.h"
#include "server/ctl/ctl.h"

#define CONFIG		 "/etc/sluice/sluice.conf"
#define INSTALLED_SOCKET "/run/sluice/admin.sock"

typedef struct {
	const char *words; /* "update list" */
	bool (*run)(SlCtl *ctl, GError **error);
	int least, most; /* names behind it; most -1: any number */
	const char *arguments;
	const char *options; /* blank-separated; '=' behind those that take a value */
	const char *help;
} Command;

#define PAGED "sort= limit= offset="

/* what listings of computers are narrowed to */
#define COMPUTERS                                                                                  \
	"group= channel= state= silent coverage= os= text= overdue= update= status= "              \
	"missing= " PAGED

static const Command commands[] = {
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
	 "list updates"},
	{"update show", sl_cmd_update_show, 1, 1, "UPDATE", "", "show one update"},
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
	{"channel diff", sl_cmd_channel_diff, 0, 0, "",
	 "limit= offset=", "what certification and production differ in"},
	{"channel history", sl_cmd_channel_history, 0, 1, "[CHANNEL]",
	 "limit= offset=", "every publication with what changed"},
	{"channel show", sl_cmd_channel_show, 1, 2, "CHANNEL [N]",
	 "limit= offset=", "what the newest publication holds, or an earlier one"},
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
	{"token new", sl_cmd_token_new, 0, 0, "--group GROUP [--expires 7d] [--uses N] [--hold]",
	 "group= expires= uses= hold",
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
	{"job list", sl_cmd_job_list, 0, 0, "", "", "list long work"},
	{"job show", sl_cmd_job_show, 1, 1, "ID", "", "show one job"},
	{"job cancel", sl_cmd_job_cancel, 1, 1, "ID", "", "stop a job"},
	{"backup", sl_cmd_backup, 1, 1, "FILE", "",
	 "copy the database to a new file; no payloads, no private keys"},
	{"audit list", sl_cmd_audit_list, 0, 0, "",
	 "person= action= text= from= until= limit= offset=", "who changed what"},
	{"audit verify", sl_cmd_audit_verify, 0, 0, "", "", "check that nobody changed the log"},
};

#define COMMON "state= socket= json csv yes no-wait help version"

/* --state in front of the command, or behind one that has no such filter: where the server is */
#define SERVER_STATE "server state"

static void
print_help(void)
{
	puts("usage: sluicectl [--state DIR | --socket FILE] COMMAND [ARGUMENTS] [OPTIONS]\n");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		printf("  %-18s%s\n", commands[i].words, commands[i].help);
	puts("\nUPDATE is [UPSTREAM/]NAME[=VERSION], as in openssl.\n"
	     "Listings take --json and --csv. What needs an answer asks on a terminal; --yes does "
	     "not ask.\n"
	     "What starts long work waits for it; --no-wait does not.\n"
	     "sluicectl help COMMAND says more; so does sluicectl(1).");
}

static void
print_command_help(const Command *command)
{
	g_auto(GStrv) options = g_strsplit(command->options, " ", -1);

	printf("usage: sluicectl %s%s%s\n\n%s\n", command->words, *command->arguments ? " " : "",
	       command->arguments, command->help);
	for (char **option = options; *option && **option; option++)
		printf("%s --%s", option == options ? "\noptions:" : "", *option);
	putchar('\n');
}

/* How many of the words given are the command's own; 0: it is another. */
static int
matched_words(const Command *command, char **words, int count)
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

static const Command *
find_command(char **words, int count, int *ret_matched)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		*ret_matched = matched_words(&commands[i], words, count);
		if (*ret_matched > 0)
			return &commands[i];
	}
	return NULL;
}

/* The commands whose first word this is, as a list of their second ones; NULL: there is none. */
static char *
second_words(const char *first)
{
	GString *list = g_string_new(NULL);
	g_autofree char *prefix = g_strconcat(first, " ", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_has_prefix(commands[i].words, prefix))
			g_string_append_printf(list, "%s%s", list->len ? ", " : "",
					       commands[i].words + strlen(prefix));
	return g_string_free(list, list->len == 0);
}

static bool
refuse_command(const GPtrArray *words, GError **error)
{
	const char *first = words->pdata[0];
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *second = second_words(first);
	g_autofree char *both = NULL;
	g_autofree char *nearest = NULL;

	if (second && words->len == 1)
		return sl_error_set(error, SL_ERROR_INVALID, "sluicectl %s what? One of: %s", first,
				    second);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		g_ptr_array_add(names, (char *)commands[i].words);
	both = words->len > 1 ? g_strconcat(first, " ", words->pdata[1], NULL) : g_strdup(first);
	nearest = sl_suggest(both, names);
	if (!*nearest) {
		g_free(nearest);
		nearest = sl_suggest(first, names);
	}
	if (!*nearest && second)
		return sl_error_set(error, SL_ERROR_INVALID, "unknown command '%s'; %s has: %s",
				    both, first, second);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown command '%s'%s", both,
			    *nearest ? nearest : "; sluicectl help lists them");
}

const char *
sl_ctl_option(const SlCtl *ctl, const char *name)
{
	const GPtrArray *values = g_hash_table_lookup(ctl->options, name);

	return values ? values->pdata[values->len - 1] : NULL;
}

GPtrArray *
sl_ctl_options(const SlCtl *ctl, const char *name)
{
	return g_hash_table_lookup(ctl->options, name);
}

json_t *
sl_ctl_option_array(const SlCtl *ctl, const char *name)
{
	const GPtrArray *values = sl_ctl_options(ctl, name);
	json_t *array = json_array();

	for (guint i = 0; values && i < values->len; i++)
		json_array_append_new(array, json_string(values->pdata[i]));
	return array;
}

static void
keep_option(SlCtl *ctl, const char *name, const char *value)
{
	GPtrArray *values = g_hash_table_lookup(ctl->options, name);

	if (!values) {
		values = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(ctl->options, g_strdup(name), values);
	}
	g_ptr_array_add(values, g_strdup(value));
}

/* Options may stand anywhere on the line, so any command's is taken at first. */
static SlOptionKind
find_anywhere(const char *name)
{
	SlOptionKind kind = sl_option_find(COMMON, name);

	for (size_t i = 0; kind == SL_OPTION_UNKNOWN && i < G_N_ELEMENTS(commands); i++)
		kind = sl_option_find(commands[i].options, name);
	return kind;
}

static bool
refuse_option(const char *typed, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *nearest = NULL;

	sl_option_add_names(names, COMMON);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		sl_option_add_names(names, commands[i].options);
	nearest = sl_suggest(typed, names);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown option '%s'%s", typed, nearest);
}

/* "-" alone is standard input; "-h" is what people type first. */
static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Splits the line into words and options. */
static bool
read_line(SlCtl *ctl, int argc, char **argv, GPtrArray *words, GError **error)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		g_autofree char *name = NULL;
		SlOptionKind kind;

		if (only_words || !is_option(argv[i])) {
			g_ptr_array_add(words, argv[i]);
			continue;
		}
		only_words = strcmp(argv[i], "--") == 0;
		if (only_words)
			continue;
		if (strcmp(argv[i], "-h") == 0) {
			keep_option(ctl, "help", "");
			continue;
		}
		if (argv[i][1] != '-')
			return refuse_option(argv[i], error);
		name = equals ? g_strndup(argv[i] + 2, (gsize)(equals - argv[i] - 2))
			      : g_strdup(argv[i] + 2);
		kind = find_anywhere(name);
		if (kind == SL_OPTION_UNKNOWN)
			return refuse_option(argv[i], error);
		if (kind == SL_OPTION_SWITCH && equals)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s takes no value", name);
		if (kind == SL_OPTION_VALUE && !equals && i + 1 == argc)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s needs a value", name);
		keep_option(ctl,
			    strcmp(name, "state") == 0 && words->len == 0 ? SERVER_STATE : name,
			    kind == SL_OPTION_SWITCH ? ""
			    : equals		     ? equals + 1
						     : argv[++i]);
	}
	return true;
}

static bool
check_options(const SlCtl *ctl, const Command *command, GError **error)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, ctl->options);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (strcmp(name, SERVER_STATE) != 0 && !sl_option_find(COMMON, name) &&
		    !sl_option_find(command->options, name))
			return sl_error_set(error, SL_ERROR_INVALID,
					    "'%s' has no option --%s; see: sluicectl help %s",
					    command->words, (char *)name, command->words);
	if (sl_ctl_option(ctl, "json") && sl_ctl_option(ctl, "csv"))
		return sl_error_set(error, SL_ERROR_INVALID, "--json or --csv, not both");
	return true;
}

/* Where the server's socket is: --socket, --state, the configuration, the unit's, the state's. */
static char *
find_socket(const SlCtl *ctl)
{
	const char *state = sl_ctl_option(ctl, SERVER_STATE);
	g_autoptr(SlKeyfile) file = NULL;
	g_autofree char *directory = NULL;
	char *socket;

	if (sl_ctl_option(ctl, "socket"))
		return g_strdup(sl_ctl_option(ctl, "socket"));
	if (state)
		return g_build_filename(state, "admin.sock", NULL);
	/* the file may be readable to the server alone */
	file = sl_keyfile_load(CONFIG, NULL);
	if (!file)
		file = sl_keyfile_new();
	socket = sl_keyfile_text(file, "admin", "socket", NULL);
	if (socket)
		return socket;
	if (access(INSTALLED_SOCKET, F_OK) == 0)
		return g_strdup(INSTALLED_SOCKET);
	directory = sl_keyfile_text(file, "state", "directory", "/var/lib/sluice");
	return g_build_filename(directory, "admin.sock", NULL);
}

bool
sl_ctl_confirm(const SlCtl *ctl, const char *question, GError **error)
{
	return ctl->yes || sl_confirm(question, error);
}

GBytes *
sl_ctl_read_file(const char *path, size_t limit, GError **error)
{
	return sl_fs_read_path(strcmp(path, "-") == 0 ? "/dev/stdin" : path, limit, error);
}

static void
tell_states_apart(SlCtl *ctl, const Command *command)
{
	const char *state = sl_ctl_option(ctl, "state");

	if (!state || sl_option_find(command->options, "state"))
		return;
	keep_option(ctl, SERVER_STATE, state);
	g_hash_table_remove(ctl->options, "state");
}

/* Words that are missing, or that the command does not take. */
static bool
refuse_count(const Command *command, const GPtrArray *words, int matched, GError **error)
{
	int count = (int)words->len - matched;
	g_autofree char *surplus =
		command->most >= 0 && count > command->most
			? g_strdup_printf("sluicectl %s takes no '%s'; ", command->words,
					  (char *)words->pdata[matched + command->most])
			: g_strdup("");

	return sl_error_set(error, SL_ERROR_INVALID, "%swrite: sluicectl %s%s%s", surplus,
			    command->words, *command->arguments ? " " : "", command->arguments);
}

static bool
run_command(SlCtl *ctl, const Command *command, GPtrArray *words, int matched, GError **error)
{
	int count = (int)words->len - matched;

	tell_states_apart(ctl, command);
	if (!check_options(ctl, command, error))
		return false;
	if (sl_ctl_option(ctl, "help")) {
		print_command_help(command);
		return true;
	}
	if (count < command->least || (command->most >= 0 && count > command->most))
		return refuse_count(command, words, matched, error);
	g_ptr_array_add(words, NULL);
	ctl->names = (char **)words->pdata + matched;
	ctl->json = sl_ctl_option(ctl, "json") != NULL;
	ctl->csv = sl_ctl_option(ctl, "csv") != NULL;
	ctl->yes = sl_ctl_option(ctl, "yes") != NULL;
	ctl->dry_run = sl_ctl_option(ctl, "dry-run") != NULL;
	ctl->no_wait = sl_ctl_option(ctl, "no-wait") != NULL;
	ctl->socket = find_socket(ctl);
	return command->run(ctl, error);
}

static bool
run(SlCtl *ctl, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const Command *command;
	int matched = 0;
	bool help;

	if (!sl_check_line(argc, argv, error) || !read_line(ctl, argc, argv, words, error))
		return false;
	if (sl_ctl_option(ctl, "version"))
		return puts("sluicectl " SL_VERSION) >= 0;
	help = words->len > 0 && strcmp(words->pdata[0], "help") == 0;
	if (help)
		g_ptr_array_remove_index(words, 0);
	if (words->len == 0) {
		print_help();
		return help || sl_ctl_option(ctl, "help") ||
		       sl_error_set(error, SL_ERROR_INVALID, "no command is given");
	}
	command = find_command((char **)words->pdata, (int)words->len, &matched);
	if (!command)
		return refuse_command(words, error);
	if (help) {
		print_command_help(command);
		return true;
	}
	return run_command(ctl, command, words, matched, error);
}

int
main(int argc, char **argv)
{
	SlCtl ctl = {.options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						      (GDestroyNotify)g_ptr_array_unref)};
	g_autoptr(GError) error = NULL;
	bool ok;

	setlocale(LC_ALL, "C.UTF-8");
	ok = run(&ctl, argc, argv, &error);
	g_hash_table_unref(ctl.options);
	g_free(ctl.socket);
	if (ok)
		return 0;
	fflush(stdout); /* first what was shown, then why it went no further */
	fprintf(stderr, "sluicectl: %s\n", error ? error->message : "failed");
	return error && error->code == SL_ERROR_INVALID ? 2 : 1;
}
