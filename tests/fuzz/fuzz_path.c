/* A target gives the file that a model of what is published says, or none.
 *
 * Input: a request's target as it stands behind "GET ". It goes to a real listener with the front's
 * routes and files, by way of libmicrohttpd's own reading of it. Beside what is published the state
 * directory holds secrets that no target may reach.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "catalog/base/fs.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/publish/publication.h"
#include "catalog/publish/tree.h"
#include "fuzz.h"
#include "server/front/front.h"

#define CHANNEL	   "certification"
#define SECRET	   "nobody outside may read this"
#define LARGE	   (160 * 1024) /* bytes: more than the front keeps in memory */
#define ANSWER_MAX (LARGE + 4096)

/* What is published: each file holds its own path. */
static const char *const published[] = {
	"/apt/" CHANNEL "/dists/s/InRelease",
	"/apt/" CHANNEL "/dists/s/main/binary-amd64/by-hash/SHA256/0123",
	"/apt/" CHANNEL "/pool/tool_1%3a1.0+b1~x_amd64.deb", /* decoded, as an index has it */
	"/apt/" CHANNEL "/pool/tool 2.deb",
	"/apt/" CHANNEL "/pool/../up",
	"/apt/" CHANNEL "/large",
	"/keys/" CHANNEL ".gpg",
};

/* Named by the index, and not to be had: links that lead out, and what is only for the core. */
static const char linked[] = "/apt/" CHANNEL "/pool/linked.deb";
static const char linked_file[] = "/apt/" CHANNEL "/dists/s/linked";
static const char own[] = "/.suite/" CHANNEL "/s";

typedef struct {
	char *root;
	int state_fd;
	struct sockaddr_un address;
	SlFront front;
	SlHttpServer *server;
	int fd; /* a connection, -1: none */
	char answer[ANSWER_MAX];
} Served;

static char *
content_of(const char *path)
{
	g_autofree char *content = g_strdup_printf("this is %s\n", path);
	char *large;

	if (!g_str_has_suffix(path, "/large"))
		return g_steal_pointer(&content);
	large = g_strnfill(LARGE, '.');
	memcpy(large, content, strlen(content));
	return large;
}

static void
need(bool ok)
{
	if (!ok)
		g_error("the state directory could not be made");
}

/* An entry whose file is a link to the secret; below pool/ or the channel's files/. */
static void
add_link(SlTree *tree, int dir_fd, const char *folder, bool in_pool, const char *path)
{
	SlPathEntry entry = {.size = (int64_t)strlen(SECRET), .in_pool = in_pool};
	g_autofree char *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
	g_autofree char *name = g_strdup_printf("%s/%.2s/%s", folder, sha256, sha256);
	g_autofree char *parent = g_path_get_dirname(name);
	sl_autofd int parent_fd = sl_fs_make_dir(dir_fd, parent, 0755, NULL);

	need(parent_fd >= 0);
	need(symlinkat("../../../../secret", dir_fd, name) == 0);
	g_strlcpy(entry.sha256, sha256, sizeof entry.sha256);
	g_strlcpy(entry.type, "none", sizeof entry.type);
	sl_tree_add(tree, path, &entry);
}

static void
publish(int state_fd)
{
	sl_autofd int publications_fd = sl_fs_make_dir(state_fd, "publications", 0755, NULL);
	sl_autofd int pool_fd = sl_fs_make_dir(state_fd, "pool", 0755, NULL);
	sl_autofd int channel_fd = sl_publication_open_channel(state_fd, CHANNEL, NULL);
	g_autoptr(SlTree) tree = sl_tree_new(channel_fd, NULL);

	need(publications_fd >= 0 && pool_fd >= 0 && tree);
	need(sl_fs_replace(state_fd, "secret", SECRET, strlen(SECRET), 0644, NULL));
	need(sl_tree_put(tree, own, "none", 1, SECRET, strlen(SECRET), NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(published); i++) {
		g_autofree char *content = content_of(published[i]);

		need(sl_tree_put(tree, published[i], "text/plain", 1, content, strlen(content),
				 NULL));
	}
	add_link(tree, pool_fd, ".", true, linked);
	add_link(tree, channel_fd, "files", false, linked_file);
	need(sl_tree_write(tree, "1.1", NULL) && sl_tree_switch(channel_fd, "1.1", NULL));
	sl_tree_keep(tree);
}

static void
remove_state(void)
{
	g_autofree char *name = g_strdup_printf("sluice-fuzz-path-%d", getpid());
	sl_autofd int tmp_fd = sl_fs_open_dir("/tmp", NULL);

	sl_fs_remove_tree(tmp_fd, name, NULL);
}

static Served *
serve(void)
{
	static Served served = {.fd = -1, .address.sun_family = AF_UNIX};
	SlHttpOptions options = {
		.threads = 1,
		.max_connections = 8,
		.connection_memory = 4096,
		.header_s = 60,
		.body_s = 60,
		.idle_s = 60,
		.admit = sl_routes_admit,
		.handler = sl_routes_handle,
		.data = &served.front,
	};

	if (served.server)
		return &served;
	served.root = g_strdup_printf("/tmp/sluice-fuzz-path-%d", getpid());
	need(g_mkdir_with_parents(served.root, 0700) == 0);
	atexit(remove_state);
	served.state_fd = sl_fs_open_dir(served.root, NULL);
	publish(served.state_fd);
	served.front.files = sl_files_new(served.state_fd, NULL);
	need(served.front.files && sl_files_switch(served.front.files, CHANNEL, "1.1", NULL));
	g_snprintf(served.address.sun_path, sizeof served.address.sun_path, "%s/socket",
		   served.root);
	options.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(bind(options.listen_fd, (struct sockaddr *)&served.address, sizeof served.address) ==
		     0 &&
	     listen(options.listen_fd, 8) == 0);
	served.server = sl_http_server_new(&options, NULL);
	need(served.server != NULL);
	return &served;
}

static bool
send_request(Served *served, const uint8_t *target, size_t size)
{
	g_autoptr(GString) text = g_string_new("GET ");

	g_string_append_len(text, (const char *)target, (gssize)size);
	g_string_append(text, " HTTP/1.1\r\nHost: x\r\n\r\n");
	if (served->fd < 0) {
		served->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		need(connect(served->fd, (struct sockaddr *)&served->address,
			     sizeof served->address) == 0);
	}
	return send(served->fd, text->str, text->len, MSG_NOSIGNAL) == (ssize_t)text->len;
}

/* Bytes of the answer at the beginning of what came; 0: not whole yet. */
static size_t
answer_size(const char *answer, const char **ret_body)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *length = strstr(answer, "Content-Length: ");

	if (!end || !length || length > end)
		return 0;
	*ret_body = end + 4;
	return (size_t)(end + 4 - answer) +
	       (size_t)g_ascii_strtoull(length + strlen("Content-Length: "), NULL, 10);
}

/* The status of what is answered first, and its body; 0: the connection was closed instead. */
static unsigned
ask(Served *served, const uint8_t *target, size_t size, const char **ret_body)
{
	size_t came = 0, whole = 0;
	ssize_t n = 1;

	if (!send_request(served, target, size))
		n = 0;
	while (n > 0 && (whole == 0 || came < whole)) {
		n = recv(served->fd, served->answer + came, ANSWER_MAX - 1 - came, 0);
		came += n > 0 ? (size_t)n : 0;
		served->answer[came] = '\0';
		whole = answer_size(served->answer, ret_body);
	}
	if (n <= 0 || came != whole || strstr(served->answer, "Connection: close\r\n")) {
		close(served->fd);
		served->fd = -1;
	}
	if (whole == 0 || came < whole || !g_str_has_prefix(served->answer, "HTTP/1.1 "))
		return 0;
	return (unsigned)g_ascii_strtoull(served->answer + strlen("HTTP/1.1 "), NULL, 10);
}

/* The one name a target stands for; NULL: it is none. */
static char *
canonical(const uint8_t *target, size_t size, bool *ret_argument)
{
	g_autoptr(GString) name = g_string_new(NULL);

	*ret_argument = false;
	if (size == 0 || size > SL_LIMIT_TARGET || target[0] != '/')
		return NULL;
	for (size_t i = 0; i < size; i++) {
		int high, low;

		if (target[i] <= ' ' || target[i] > '~')
			return NULL;
		*ret_argument |= target[i] == '?';
		if (target[i] != '%') {
			if (!*ret_argument)
				g_string_append_c(name, (char)target[i]);
			continue;
		}
		if (i + 2 >= size)
			return NULL;
		high = g_ascii_xdigit_value((char)target[i + 1]);
		low = g_ascii_xdigit_value((char)target[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low < ' ' || high * 16 + low == 0x7f)
			return NULL;
		if (!*ret_argument)
			g_string_append_c(name, (char)(high * 16 + low));
		i += 2;
	}
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static bool
is_published(const char *name)
{
	for (size_t i = 0; name && i < G_N_ELEMENTS(published); i++)
		if (strcmp(name, published[i]) == 0)
			return true;
	return name && strcmp(name, "/healthz") == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Served *served = serve();
	bool has_argument;
	const char *body = "";
	unsigned status;

	/* where a line ends so does the target, and something else begins; blanks before it are
	 * none of it */
	if (memchr(data, '\n', size) || memchr(data, '\r', size))
		return 0;
	for (; size > 0 && *data == ' '; size--)
		data++;
	g_autofree char *name = canonical(data, size, &has_argument);
	status = ask(served, data, size, &body);
	if (strstr(served->answer, SECRET))
		g_error("a secret was answered");
	if (status != 200) {
		/* arguments mean nothing here; too many of them are refused */
		if (is_published(name) && !has_argument)
			g_error("%s: %u", name, status);
		return 0;
	}
	if (!is_published(name))
		g_error("answered: %s", sl_text_escape_bytes((const char *)data, size));
	g_autofree char *expected =
		strcmp(name, "/healthz") == 0 ? g_strdup("ok\n") : content_of(name);
	if (strcmp(body, expected) != 0)
		g_error("%s: another file", name);
	return 0;
}
