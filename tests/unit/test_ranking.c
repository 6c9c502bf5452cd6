/* Rows in order as far as a page shows them: as if the database had sorted them all */
#include "catalog/base/ranking.h"
#include "tests/unit/scratch.h"

#define ROWS 12000 /* so many that more are equal than the few whose names are asked for */
#define KEYS 2

typedef struct {
	Scratch scratch;
	SlDb *db;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autofree char *path = NULL;
	g_autoptr(SlTransaction) transaction = NULL;
	g_autoptr(GError) error = NULL;

	scratch_set_up(&f->scratch, NULL);
	path = scratch_path(&f->scratch, "a.db");
	f->db = sl_db_open(path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
	sl_db_exec(f->db, "CREATE TABLE line (id INTEGER PRIMARY KEY, name TEXT, key INTEGER)",
		   &error);
	transaction = sl_transaction_begin(f->db, &error);
	for (int i = 0; i < ROWS; i++) {
		g_autoptr(SlQuery) query =
			sl_query_new(f->db, "INSERT INTO line (name, key) VALUES (?1, ?2)");
		g_autofree char *name = g_strdup_printf("n%d", g_test_rand_int_range(0, ROWS / 2));

		sl_query_bind_text(query, 1, name);
		sl_query_bind_int(query, 2, i % 500 < 10 ? i : g_test_rand_int_range(0, KEYS) - 2);
		sl_query_run(query, &error);
		g_assert_no_error(error);
	}
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), &error));
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_db_free(f->db);
	scratch_tear_down(&f->scratch, NULL);
}

/* Every second row; (element-type SlRanked). */
static GArray *
rows_by(Fixture *f, const char *sql)
{
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(SlRanked));

	while (sl_query_step(query, NULL) == SL_ROW) {
		SlRanked row = {.id = sl_query_int(query, 0), .key = sl_query_int(query, 1)};

		g_array_append_val(rows, row);
	}
	return rows;
}

#define SOME  "SELECT id, key FROM line WHERE id % 2 = 0 ORDER BY "
#define BY_ID SOME "id"
#define NAMES "SELECT id FROM line ORDER BY name, id"
#define DOWN  "SELECT id FROM line ORDER BY name DESC, id DESC"

static void
assert_page(const GArray *rows, const GArray *expected, SlRankedPage page)
{
	int64_t end = page.limit ? page.offset + page.limit : expected->len;

	for (int64_t i = page.offset; i < MIN(end, (int64_t)expected->len); i++)
		g_assert_cmpint(g_array_index(rows, SlRanked, i).id, ==,
				g_array_index(expected, SlRanked, i).id);
}

static const SlRankedNames names = {NAMES, "SELECT name FROM line WHERE id = ?1"};
static const SlRankedPage pages[] = {{0, 0},	  {0, 10},    {7, 1},	 {2800, 200},
				     {5600, 300}, {5950, 20}, {7000, 9}, {5, 0}};

static void
test_pages_by_number_are_those_of_the_database(Fixture *f, gconstpointer data)
{
	g_autoptr(GArray) up = rows_by(f, SOME "key, name, id");
	g_autoptr(GArray) down = rows_by(f, SOME "key DESC, name, id");
	g_autoptr(GArray) as_it_was = rows_by(f, SOME "key, id DESC");

	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autoptr(GArray) rows = rows_by(f, BY_ID);
		g_autoptr(GArray) backwards = rows_by(f, BY_ID);
		g_autoptr(GArray) unnamed = rows_by(f, BY_ID " DESC");

		g_assert_true(sl_ranking_sort(f->db, rows, &names, false, pages[i], NULL));
		assert_page(rows, up, pages[i]);
		g_assert_true(sl_ranking_sort(f->db, backwards, &names, true, pages[i], NULL));
		assert_page(backwards, down, pages[i]);
		g_assert_true(sl_ranking_sort(f->db, unnamed, NULL, false, pages[i], NULL));
		assert_page(unnamed, as_it_was, pages[i]);
	}
}

static void
test_pages_by_name_are_those_of_the_database(Fixture *f, gconstpointer data)
{
	g_autoptr(GArray) up = rows_by(f, SOME "name, id");
	g_autoptr(GArray) down = rows_by(f, SOME "name DESC, id DESC");

	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autoptr(GArray) rows = rows_by(f, BY_ID);
		g_autoptr(GArray) named = sl_ranking_by_name(f->db, rows, NAMES, pages[i], NULL);
		g_autoptr(GArray) backwards = sl_ranking_by_name(f->db, rows, DOWN, pages[i], NULL);

		assert_page(named, up, pages[i]);
		assert_page(backwards, down, pages[i]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/ranking/number", Fixture, NULL, set_up,
		   test_pages_by_number_are_those_of_the_database, tear_down);
	g_test_add("/ranking/name", Fixture, NULL, set_up,
		   test_pages_by_name_are_those_of_the_database, tear_down);
	return g_test_run();
}
