/* help.c - what sluicectl says of how it is typed */
#include <stdio.h>
#include <string.h>

#include "catalog/base/command_line.h"
#include "server/ctl/commands.h"

#define LEFT  26  /* columns of an option and its value */
#define WIDTH 100 /* of a line */

typedef struct {
	const char *command; /* whose option means this; NULL: everybody's that is not above */
	const char *name;
	const char *value; /* NULL: it takes none */
	const char *words;
} Option;

#define TURN "; -COLUMN: the other way round"

static const Option options[] = {
	{NULL, "action", "ACTION", "changes of one kind"},
	{"update packages", "architecture", "ARCHITECTURE", "of that architecture"},
	{NULL, "architecture", "ARCH", "may be given more than once"},
	{NULL, "as", "SUITE", "publish it under another name"},
	{NULL, "base", NULL, "computers have it directly: known for dependencies, never approved"},
	{NULL, "by", "WHAT",
	 "counted by update, computer, group or channel; by computer it is computer list, and "
	 "takes "
	 "the options below; the others take --channel, --sort, --limit, --offset and, by group, "
	 "--group"},
	{"computer list", "channel", "CHANNEL", "of that channel"},
	{"coverage", "channel", "CHANNEL", "of that channel"},
	{NULL, "channel", "CHANNEL", "certification or production"},
	{NULL, "component", "COMPONENT", "may be given more than once"},
	{NULL, "coverage", "COVERAGE",
	 "what they come to: covered, missing, pending-reboot, failed, unknown or silent"},
	{NULL, "cve", "CVE", "that fix it"},
	{NULL, "day", "YYYY-MM-DD", "released on that day, UTC"},
	{NULL, "decision", "DECISION",
	 "that wait for somebody to decide: certify (newest versions that nobody approved, "
	 "recalled "
	 "or declined), promote (ready for production), failing (on some computer)"},
	{NULL, "dry-run", NULL, "say what would be done, and stop"},
	{NULL, "emergency", NULL,
	 "production without certification, or although it is held; needs a reason"},
	{NULL, "exclude", "GLOB", "packages nobody wants, may be given more than once"},
	{"api-token new", "expires", "DURATION", "it is good for so long, 90d say"},
	{NULL, "expires", "DURATION",
	 "a token is good for so long, 7d say, or never ends; without it 1d"},
	{NULL, "from", "TIME", "made then or later: 2026-11-25, or 2026-11-25T14:00:00Z"},
	{NULL, "from-host", NULL,
	 "take what this machine's apt uses, with its keys: security suites to approve from, the "
	 "others as base; all are added or none; what is there already stays as it is"},
	{NULL, "group", "GROUP", "the group it is about"},
	{NULL, "hold", NULL, "computers wait until a person accepts them"},
	{NULL, "internal", NULL, "its host may have a private address"},
	{NULL, "keyring", "FILE",
	 "the OpenPGP keys that may sign the archive; their fingerprints are pinned"},
	{NULL, "kind", "KIND",
	 "of that kind: sync, fetch, emergency, publish, statuses, backup, prune or check"},
	{NULL, "limit", "N", "so many rows"},
	{NULL, "missing", "UPDATE", "those that have not installed that update"},
	{"group change", "name", "NEW", "its new name"},
	{NULL, "name", "NAME", "of that name"},
	{NULL, "newest", NULL, "the newest version of each name alone"},
	{NULL, "object", "OBJECT",
	 "changes of one thing, as the list has it: UPSTREAM/NAME=VERSION of an update"},
	{NULL, "offset", "N", "leave out so many rows"},
	{NULL, "os", "SYSTEM", "of that system: debian, bookworm or debian:bookworm"},
	{"upstream list", "outcome", "OUTCOME",
	 "whose last sync that ended came to that: changed, unchanged, failed, cancelled, "
	 "interrupted"},
	{NULL, "outcome", "OUTCOME",
	 "that came to that: changed, unchanged, failed, cancelled, interrupted or running"},
	{NULL, "overdue", "RATING",
	 "those that should have an update of that rating by now; any: of any rating"},
	{NULL, "package", "PACKAGE", "with a package of that name"},
	{NULL, "person", "NAME", "changes of one person"},
	{"computer updates", "rating", "RATING", "of that rating, or none"},
	{NULL, "rating", "RATING", "with that rating: critical, high, medium, low, or none"},
	{NULL, "reason", "TEXT", "why; it is in the audit log"},
	{"person add", "role", "ROLE",
	 "a viewer looks, a certifier approves for certification, an approver for production, an "
	 "owner sees to people, upstreams and settings; each may do what those before may"},
	{"api-token new", "role", "ROLE", "what it may do at most, as for people"},
	{NULL, "role", "ROLE", "with that role"},
	{NULL, "section", "SECTION", "of that section"},
	{NULL, "serves", "ID:CODENAME",
	 "a system its updates are for (os-release ID and VERSION_CODENAME), may be given more "
	 "than "
	 "once"},
	{NULL, "silent", NULL, "those not heard of for silent_after"},
	{"upstream list", "sort", "COLUMN",
	 "by name, suite, url, state, release_at or last_sync_at" TURN},
	{"sync list", "sort", "COLUMN",
	 "by started_at, upstream, outcome, person, seconds, updates, packages, withdrawn or "
	 "bytes" TURN},
	{"update list", "sort", "COLUMN",
	 "by name, released_at, size, rating, state, needed or urgency (what most computers need, "
	 "then the most urgent rating, then the newest)" TURN},
	{"certification", "sort", "COLUMN",
	 "by state, name, rating, computers, installed, failed, soaked_s, ready_at or "
	 "approved_at" TURN},
	{"group list", "sort", "COLUMN",
	 "by name, channel, computers, covered, missing, failed, silent, pending, tokens or "
	 "added_at" TURN},
	{"token list", "sort", "COLUMN",
	 "by group, state, uses_left, expires_at, made_at or person" TURN},
	{"person list", "sort", "COLUMN",
	 "by name, role, signed_in_at, api_tokens or added_at" TURN},
	{"api-token list", "sort", "COLUMN",
	 "by name, person, role, state, made_at or expires_at" TURN},
	{"coverage", "sort", "COLUMN",
	 "by computer: name, seen_at, missing or group; by update: name, channel, rating, "
	 "computers, open, failed, overdue, approved_at or deadline_at; by group and channel: "
	 "name, "
	 "channel, computers, share (of them covered), covered, missing, failed, silent, open or "
	 "overdue" TURN},
	{"channel diff", "sort", "COLUMN", "by name or suite" TURN},
	{"channel show", "sort", "COLUMN", "by name, version, suite or since" TURN},
	{"job list", "sort", "COLUMN",
	 "by id, kind, subject, person, state, started_at or finished_at" TURN},
	{"update packages", "sort", "COLUMN",
	 "by name, version, architecture, component, size or stored_at" TURN},
	{"computer updates", "sort", "COLUMN",
	 "by update, status (what failed first), rating, deadline_at or reported_at" TURN},
	{NULL, "sort", "COLUMN", "by name, seen_at, missing or group" TURN},
	{"upstream list", "state", "STATE", "enabled or disabled"},
	{"certification", "state", "STATE",
	 "ready, held, failing or soaking: the first of them that holds"},
	{"token list", "state", "STATE", "valid, expired, used up or revoked"},
	{"api-token list", "state", "STATE", "valid or expired"},
	{"job list", "state", "STATE", "in that state: queued, running, done, failed or cancelled"},
	{NULL, "state", "STATE", "in that state"},
	{"computer updates", "status", "STATUS",
	 "of that status; missing: that it has not installed"},
	{NULL, "status", "STATUS", "with --update: only those of that status"},
	{NULL, "suite", "SUITE", "the suite, as the archive calls it"},
	{"upstream list", "text", "TEXT", "with that text in name, URL or suite"},
	{"sync list", "text", "TEXT", "with that text in who asked, or in the message"},
	{"update list", "text", "TEXT",
	 "with that text in it: first those that are called so, then those whose name begins so or "
	 "has it in it, then those that have it in their version, summary or packages"},
	{"token list", "text", "TEXT", "with that text in who made it, or how it begins"},
	{"api-token list", "text", "TEXT",
	 "with that text in what it is for, whose it is, or how it begins"},
	{"computer list", "text", "TEXT", "with that text in name, address or system"},
	{"coverage", "text", "TEXT", "with that text in name, address or system"},
	{"update packages", "text", "TEXT", "with that text in the package's name"},
	{"computer updates", "text", "TEXT", "with that text in the update's name"},
	{"channel diff", "text", "TEXT", "with that text in the update's name"},
	{"channel show", "text", "TEXT", "with that text in the update's name"},
	{"job list", "text", "TEXT",
	 "with that text in its subject, who asked for it, or how it failed"},
	{"audit list", "text", "TEXT", "with that text in it"},
	{NULL, "text", "TEXT", "with that text in the name"},
	{NULL, "until", "TIME", "made before then"},
	{NULL, "update", "UPDATE", "how they stand with that update"},
	{NULL, "upstream", "NAME", "of one upstream"},
	{NULL, "url", "URL", "where the archive is"},
	{NULL, "uses", "N", "so many computers may enrol with it; without it any number"},
};

static const Option *
find_option(const char *command, const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (strcmp(options[i].name, name) == 0 &&
		    (!options[i].command || strcmp(options[i].command, command) == 0))
			return &options[i];
	return NULL;
}

/* Words from column LEFT on, in as many lines as they need. */
static void
print_wrapped(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	size_t column = LEFT;

	for (char **word = words; *word; word++) {
		if (column > LEFT && column + 1 + strlen(*word) > WIDTH) {
			printf("\n%*s", LEFT, "");
			column = LEFT;
		}
		column += (size_t)printf("%s%s", column > LEFT ? " " : "", *word);
	}
	putchar('\n');
}

static void
print_option(const SlCommand *command, const char *name)
{
	const Option *option = find_option(command->words, name + strlen("--"));
	int column = printf("  %s", name);

	if (!option) {
		putchar('\n');
		return;
	}
	if (option->value)
		column += printf(" %s", option->value);
	printf("%*s", LEFT - column, "");
	print_wrapped(option->words);
}

void
sl_help_print_command(const SlCommand *command)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	printf("usage: sluicectl %s%s%s\n\n%s\n", command->words, *command->arguments ? " " : "",
	       command->arguments, command->help);
	if (!*command->options)
		return;
	puts("\noptions:");
	sl_option_add_names(names, command->options);
	for (guint i = 0; i < names->len; i++)
		print_option(command, names->pdata[i]);
}

static void
print_line(const SlCommand *command)
{
	printf("  %-18s%s\n", command->words, command->help);
}

void
sl_help_print(void)
{
	size_t count;
	const SlCommand *commands = sl_commands(&count);

	puts("usage: sluicectl [--state DIR | --socket FILE] COMMAND [ARGUMENTS] [OPTIONS]\n");
	for (size_t i = 0; i < count; i++)
		print_line(&commands[i]);
	puts("\nUPDATE is [UPSTREAM/]NAME[=VERSION], as in openssl.\n"
	     "Listings take --json and --csv. What needs an answer asks on a terminal; --yes does "
	     "not ask.\n"
	     "What starts long work waits for it; --no-wait does not.\n"
	     "sluicectl help COMMAND says more; so does sluicectl(1).");
}

bool
sl_help_print_family(const char *first)
{
	g_autofree char *prefix = g_strconcat(first, " ", NULL);
	size_t count, found = 0;
	const SlCommand *commands = sl_commands(&count);

	for (size_t i = 0; i < count; i++) {
		if (!g_str_has_prefix(commands[i].words, prefix))
			continue;
		if (found++ == 0)
			printf("usage: sluicectl %s COMMAND [ARGUMENTS] [OPTIONS]\n\n", first);
		print_line(&commands[i]);
	}
	return found > 0;
}
