/* main.c - sluice-agent: its commands, and how they are typed */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "clients/agent/agent.h"

typedef struct {
	const char *name;
	int (*run)(SlAgent *agent, GError **error);
	bool takes_url;
	const char *options; /* blank-separated; '=' behind those that take a value */
	const char *usage;
	const char *help; /* one line */
	const char *more;
} Command;

static const Command commands[] = {
	{"enroll", sl_agent_enroll, true, "token= token-file= yes dry-run",
	 "enroll URL [--token-file FILE] [--yes | --dry-run]", "become a computer of a server's",
	 "URL is the server's public address, http://NAME. The token, permission to enrol, comes "
	 "from\n"
	 "'sluicectl token new', and is asked for where none is given; it holds the fingerprint of "
	 "the\n"
	 "server's key, so nothing is sent to another server.\n"
	 "The channel takes the place of the direct security source: which entries that are is "
	 "shown, then\n"
	 "asked. They are turned off inside their files; 'sluice-agent leave' turns them on again. "
	 "The base\n"
	 "suite stays.\n\n"
	 "  --token-file FILE  the token is in FILE\n"
	 "  --token -          it comes on standard input\n"
	 "  --token TOKEN      it is TOKEN, which everybody on this computer can see meanwhile\n"
	 "  --yes              do not ask whether sources may be changed\n"
	 "  --dry-run          check the server, show what would change, send and change "
	 "nothing\n"},
	{"run", sl_agent_run, false, "install", "run [--install]",
	 "check in once; with --install upgrade from the channel first",
	 "Sends who this computer is and what it has installed, and follows the channel that the "
	 "server\n"
	 "names. With --install apt-get reads the channel, upgrades what is in it and nothing "
	 "else, keeps\n"
	 "configuration files that somebody edited, and the results are sent. What the server did "
	 "not\n"
	 "acknowledge is kept and sent by the next run.\n\n"
	 "  --install      upgrade from the channel\n"},
	{"leave", sl_agent_leave, false, "yes", "leave [--yes]",
	 "stop being one: put the apt sources back",
	 "Tells the server (when it can be reached), turns the sources on that enroll turned off, "
	 "removes\n"
	 "the channel's source and everything the agent keeps.\n\n"
	 "  --yes          do not ask\n"},
	{"status", sl_agent_status, false, "json", "status [--json]", "what the agent knows",
	 "  --json         as one JSON object\n"},
};

#define COMMON "root= apt-config= help version"

static const char exits[] =
	"\nExit status:\n"
	"  0  all went well\n"
	"  1  the command could not be done\n"
	"  2  it was typed wrongly\n"
	"  3  the server did not acknowledge; what it missed is kept for the next run\n"
	"  4  a package could not be brought to the channel's version\n"
	"  5  apt could not read the channel, or refused what it got\n"
	"  6  the server does not accept this computer's identity\n"
	"The gravest of what happened counts.\n";

static void
print_help(void)
{
	puts("usage: sluice-agent COMMAND [OPTIONS]\n\n"
	     "Points apt at the computer's Sluice channel, upgrades from it and reports.\n");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		printf("  %-10s%s\n", commands[i].name, commands[i].help);
	printf("\nOptions of every command:\n"
	       "  --root DIR         the computer below DIR instead of this one; apt-get runs in "
	       "its "
	       "chroot\n"
	       "  --apt-config FILE  with --root: run this system's apt-get with APT_CONFIG=FILE\n"
	       "  --help             say how the command is typed\n"
	       "  --version          say the version\n"
	       "%s\nsluice-agent help COMMAND says more; so does sluice-agent(8).\n",
	       exits);
}

static void
print_command_help(const Command *command)
{
	printf("usage: sluice-agent %s\n\n%s%s%s%s", command->usage, command->help,
	       command->run == sl_agent_status ? "\n\n" : ".\n\n", command->more, exits);
}

static const Command *
find_command(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Suggests one of the command's own where it was typed before. */
static bool
refuse_option(const char *typed, const GPtrArray *words, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *nearest = NULL;
	const Command *own = words->len > 0 ? find_command(words->pdata[0]) : NULL;

	sl_option_add_names(names, COMMON);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!own || own == &commands[i])
			sl_option_add_names(names, commands[i].options);
	nearest = sl_suggest(typed, names);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown option '%s'%s", typed, nearest);
}

static bool
refuse_command(const char *typed, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *nearest = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		g_ptr_array_add(names, (char *)commands[i].name);
	nearest = sl_suggest(typed, names);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown command '%s'%s", typed,
			    *nearest ? nearest : "; sluice-agent help lists them");
}

/* Splits the line into words and options (name -> value). */
static bool
read_line(int argc, char **argv, GPtrArray *words, GHashTable *options, GError **error)
{
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		g_autofree char *name = NULL;
		SlOptionKind kind;

		if (argv[i][0] != '-') {
			g_ptr_array_add(words, argv[i]);
			continue;
		}
		if (strcmp(argv[i], "-h") == 0) {
			g_hash_table_insert(options, g_strdup("help"), g_strdup(""));
			continue;
		}
		if (argv[i][1] != '-')
			return refuse_option(argv[i], words, error);
		name = equals ? g_strndup(argv[i] + 2, (gsize)(equals - argv[i] - 2))
			      : g_strdup(argv[i] + 2);
		kind = sl_option_find(COMMON, name);
		for (size_t c = 0; kind == SL_OPTION_UNKNOWN && c < G_N_ELEMENTS(commands); c++)
			kind = sl_option_find(commands[c].options, name);
		if (kind == SL_OPTION_UNKNOWN)
			return refuse_option(argv[i], words, error);
		if (kind == SL_OPTION_SWITCH && equals)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s takes no value", name);
		if (kind == SL_OPTION_VALUE && !equals && i + 1 == argc)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s needs a value", name);
		g_hash_table_insert(options, g_steal_pointer(&name),
				    g_strdup(kind == SL_OPTION_SWITCH ? ""
					     : equals		      ? equals + 1
								      : argv[++i]));
	}
	return true;
}

/* Or somebody to ask for one. */
static bool
has_token(GHashTable *options)
{
	return g_hash_table_contains(options, "token") ||
	       g_hash_table_contains(options, "token-file") || isatty(STDIN_FILENO);
}

static bool
check_line(const Command *command, const GPtrArray *words, GHashTable *options, GError **error)
{
	guint wanted = command->takes_url ? 2 : 1;
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, options);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!sl_option_find(COMMON, name) && !sl_option_find(command->options, name))
			return sl_error_set(error, SL_ERROR_INVALID,
					    "'%s' has no option --%s; see: sluice-agent help %s",
					    command->name, (char *)name, command->name);
	if (words->len != wanted)
		return sl_error_set(error, SL_ERROR_INVALID, "write: sluice-agent %s",
				    command->usage);
	if (command->takes_url && !has_token(options))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "nobody is there to ask for the token: give --token-file FILE");
	if (g_hash_table_contains(options, "token") && g_hash_table_contains(options, "token-file"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--token and --token-file are one too many");
	if (g_hash_table_contains(options, "apt-config") && !g_hash_table_contains(options, "root"))
		return sl_error_set(error, SL_ERROR_INVALID, "--apt-config needs --root");
	return true;
}

static void
take_options(SlAgent *agent, const GPtrArray *words, GHashTable *options)
{
	const char *root = g_hash_table_lookup(options, "root");

	agent->options = (SlAgentOptions){
		.root = g_canonicalize_filename(root ? root : "/", NULL),
		.apt_config = g_strdup(g_hash_table_lookup(options, "apt-config")),
		.url = words->len > 1 ? g_strdup(words->pdata[1]) : NULL,
		.token = g_strdup(g_hash_table_lookup(options, "token")),
		.token_file = g_strdup(g_hash_table_lookup(options, "token-file")),
		.yes = g_hash_table_contains(options, "yes"),
		.dry_run = g_hash_table_contains(options, "dry-run"),
		.json = g_hash_table_contains(options, "json"),
		.install = g_hash_table_contains(options, "install"),
	};
}

static int
run_words(SlAgent *agent, GPtrArray *words, GHashTable *options, GError **error)
{
	bool help = words->len > 0 && strcmp(words->pdata[0], "help") == 0;
	const Command *command;

	if (g_hash_table_contains(options, "version")) {
		puts("sluice-agent " SL_VERSION);
		return SL_EXIT_OK;
	}
	if (help)
		g_ptr_array_remove_index(words, 0);
	help = help || g_hash_table_contains(options, "help");
	if (words->len == 0) {
		print_help();
		if (!help)
			sl_error_set(error, SL_ERROR_INVALID, "no command is given");
		return help ? SL_EXIT_OK : SL_EXIT_USAGE;
	}
	command = find_command(words->pdata[0]);
	if (!command) {
		refuse_command(words->pdata[0], error);
		return SL_EXIT_USAGE;
	}
	if (help) {
		print_command_help(command);
		return SL_EXIT_OK;
	}
	if (!check_line(command, words, options, error))
		return SL_EXIT_USAGE;
	take_options(agent, words, options);
	return command->run(agent, error);
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GHashTable) options =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GError) error = NULL;
	SlAgent agent = {.dir_fd = -1, .lock_fd = -1};
	int status;

	setlocale(LC_ALL, "C.UTF-8");
	umask(022); /* apt reads its sources as another user */
	status = read_line(argc, argv, words, options, &error)
			 ? run_words(&agent, words, options, &error)
			 : SL_EXIT_USAGE;
	sl_agent_close(&agent);
	if (error)
		sl_say_error("sluice-agent", error);
	return status;
}
