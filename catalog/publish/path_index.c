#include "catalog/publish/path_index.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "catalog/base/text.h"

#define FIELDS	  6
#define LINE_MAX_ 4096 /* bytes of one line */

struct SlPathIndex {
	const char *bytes;
	size_t size;
};

static void
unmap(gpointer data)
{
	SlPathIndex *index = data;

	if (index->size > 0)
		munmap((void *)index->bytes, index->size);
}

SlPathIndex *
sl_path_index_open(int fd, GError **error)
{
	struct stat status;
	SlPathIndex *index;
	void *bytes = NULL;

	if (fstat(fd, &status) < 0) {
		sl_error_errno(error, "look at a path index");
		return NULL;
	}
	if (status.st_size > 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes == MAP_FAILED) {
			sl_error_errno(error, "map a path index");
			return NULL;
		}
	}
	index = g_atomic_rc_box_new0(SlPathIndex);
	index->bytes = bytes;
	index->size = (size_t)status.st_size;
	if (index->bytes && (index->bytes[0] != '/' || index->bytes[index->size - 1] != '\n')) {
		sl_path_index_unref(index);
		sl_error_set(error, SL_ERROR_INTEGRITY, "file is no path index");
		return NULL;
	}
	return index;
}

SlPathIndex *
sl_path_index_ref(SlPathIndex *index)
{
	return g_atomic_rc_box_acquire(index);
}

void
sl_path_index_unref(SlPathIndex *index)
{
	if (index)
		g_atomic_rc_box_release_full(index, unmap);
}

/* Splits a line (without its LF) at its tabs; false unless it has all fields. */
static bool
split(const char *line, const char *end, const char **start, size_t *size)
{
	for (int i = 0; i < FIELDS; i++) {
		const char *stop = i + 1 < FIELDS ? memchr(line, '\t', (size_t)(end - line)) : end;

		if (!stop)
			return false;
		start[i] = line;
		size[i] = (size_t)(stop - line);
		line = stop + 1;
	}
	return true;
}

static bool
read_number(const char *text, size_t size, int64_t *ret_value)
{
	int64_t value = 0;

	if (size == 0 || size > 18)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret_value = value;
	return true;
}

static bool
read_entry(const char *const *start, const size_t *size, SlPathEntry *entry)
{
	if (size[1] != SL_PATH_INDEX_SHA256 || size[3] >= SL_PATH_INDEX_TYPE || size[4] != 1 ||
	    (start[4][0] != 'p' && start[4][0] != 'f'))
		return false;
	memcpy(entry->sha256, start[1], size[1]);
	entry->sha256[size[1]] = '\0';
	memcpy(entry->type, start[3], size[3]);
	entry->type[size[3]] = '\0';
	entry->in_pool = start[4][0] == 'p';
	return sl_text_is_sha256(entry->sha256) && read_number(start[2], size[2], &entry->size) &&
	       read_number(start[5], size[5], &entry->changed_at);
}

/* Orders a path against the first field of a line, as strcmp would. */
static int
compare_path(const char *path, size_t length, const char *line, const char *end)
{
	const char *tab = memchr(line, '\t', (size_t)(end - line));
	size_t size = (size_t)((tab ? tab : end) - line);
	int order = memcmp(path, line, MIN(length, size));

	return order ? order : (length > size) - (length < size);
}

static const char *
line_end(const SlPathIndex *index, const char *line)
{
	const char *stop = index->bytes + index->size;
	const char *end = memchr(line, '\n', (size_t)(stop - line));

	return end ? end : stop;
}

/* The first line whose path is not before this one; the end of the bytes when there is none. */
static const char *
lower_bound(const SlPathIndex *index, const char *path)
{
	size_t length = strlen(path);
	const char *low = index->bytes;
	const char *high = index->bytes + index->size;

	/* low and high always stand at the beginning of a line or at the end */
	while (low < high) {
		const char *middle = low + (high - low) / 2;
		const char *end;

		while (middle > low && middle[-1] != '\n')
			middle--;
		end = line_end(index, middle);
		if (compare_path(path, length, middle, end) > 0)
			low = end + 1;
		else
			high = middle;
	}
	return low;
}

bool
sl_path_index_find(const SlPathIndex *index, const char *path, SlPathEntry *ret_entry)
{
	const char *line = index->size ? lower_bound(index, path) : NULL;
	const char *start[FIELDS];
	size_t size[FIELDS];
	SlPathEntry entry;

	if (!line || line >= index->bytes + index->size)
		return false;
	if (!split(line, line_end(index, line), start, size) || size[0] != strlen(path) ||
	    memcmp(start[0], path, size[0]) != 0 || !read_entry(start, size, &entry))
		return false;
	*ret_entry = entry;
	return true;
}

bool
sl_path_index_each(const SlPathIndex *index, const char *prefix, SlPathIndexFunc func,
		   gpointer data)
{
	const char *line = index->size ? lower_bound(index, prefix) : NULL;

	while (line && line < index->bytes + index->size) {
		const char *end = line_end(index, line);
		const char *start[FIELDS];
		size_t size[FIELDS];
		SlPathEntry entry;
		g_autofree char *path = NULL;

		if (end - line > LINE_MAX_ || !split(line, end, start, size) ||
		    !read_entry(start, size, &entry))
			return false;
		path = g_strndup(start[0], size[0]);
		if (!g_str_has_prefix(path, prefix))
			return true;
		if (!func(path, &entry, data))
			return false;
		line = end + 1;
	}
	return true;
}

char *
sl_path_index_line(const char *path, const SlPathEntry *entry)
{
	return g_strdup_printf("%s\t%s\t%" PRId64 "\t%s\t%c\t%" PRId64 "\n", path, entry->sha256,
			       entry->size, entry->type, entry->in_pool ? 'p' : 'f',
			       entry->changed_at);
}
