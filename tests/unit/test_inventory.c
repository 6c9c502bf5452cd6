/* Kinds of installation are stored once and come back as they were. */
#include "clients/inventory.h"

#include "fleet_db.h"

static int64_t
add(Fleet *f, GPtrArray *list)
{
	g_autofree char *digest = sl_report_inventory_digest(list);
	g_autoptr(GError) error = NULL;
	int64_t id = sl_inventory_add(f->db, digest, list, &error);

	g_assert_no_error(error);
	return id;
}

static void
test_an_inventory_comes_back_and_shares_what_others_have(Fleet *f, gconstpointer data)
{
	g_autoptr(GPtrArray) one = packages("a 1 all", "b 1 amd64", NULL);
	g_autoptr(GPtrArray) two = packages("a 1 all", "b 2 amd64", NULL);
	int64_t first = add(f, one), second = add(f, two);
	g_autoptr(GPtrArray) read = sl_inventory_packages(f->other, second, NULL);
	g_autofree char *digest = sl_report_inventory_digest(read);
	g_autofree char *expected = sl_report_inventory_digest(two);
	int64_t found = 0;

	g_assert_cmpint(first, !=, second);
	g_assert_cmpstr(digest, ==, expected);
	g_assert_true(sl_inventory_find(f->db, expected, &found, NULL));
	g_assert_cmpint(found, ==, second);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory_item"), ==, 3);
}

static void
test_many_items_take_little_more_than_a_byte_each(Fleet *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = sl_report_package_array_new();

	for (int i = 0; i < 1500; i++) {
		g_autofree char *name = g_strdup_printf("package%d", i);

		g_ptr_array_add(list, sl_report_package_new(name, "1.0-1", "amd64"));
	}
	int64_t id = add(f, list);
	g_autoptr(GPtrArray) read = sl_inventory_packages(f->other, id, NULL);

	g_assert_cmpuint(read->len, ==, 1500);
	g_assert_cmpint(number(f, "SELECT length(items) FROM inventory"), <, 2000);
}

static void
test_pruning_removes_what_no_computer_has_and_nothing_else(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(GPtrArray) gone = packages("a 1 all", "gone 1 all", NULL);
	int64_t computer = enroll(f, secret, "web1"), removed = 0;

	add(f, gone);
	check_in(f, computer, 1, packages("a 1 all", "b 1 amd64", NULL), NULL);
	g_assert_true(sl_inventory_prune(f->db, &removed, NULL));
	g_assert_cmpint(removed, ==, 1);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 1);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory_item WHERE name = 'gone'"), ==,
			0);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory_item"), ==, 2);
	g_assert_true(sl_inventory_prune(f->db, &removed, NULL));
	g_assert_cmpint(removed, ==, 0);
	/* items are looked at also when all inventories are in use */
	execute(f, "INSERT INTO inventory_item VALUES (99, 'left', '1', 'all')");
	g_assert_true(sl_inventory_prune(f->db, &removed, NULL));
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory_item"), ==, 2);
}

static void
ignore(int64_t item, gpointer data)
{
	(void)item;
	(void)data;
}

static void
test_damaged_items_are_noticed(Fleet *f, gconstpointer data)
{
	static const uint8_t cut[] = {0x01, 0x80};
	static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff, 0x01};

	g_assert_false(sl_inventory_each(cut, sizeof cut, ignore, NULL));
	g_assert_false(sl_inventory_each(endless, sizeof endless, ignore, NULL));
	g_assert_true(sl_inventory_each("", 0, ignore, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/inventory/shared", test_an_inventory_comes_back_and_shares_what_others_have);
	fleet_test("/inventory/small", test_many_items_take_little_more_than_a_byte_each);
	fleet_test("/inventory/prune", test_pruning_removes_what_no_computer_has_and_nothing_else);
	g_test_add("/inventory/damaged", Fleet, NULL, fleet_set_up, test_damaged_items_are_noticed,
		   fleet_tear_down);
	return g_test_run();
}
