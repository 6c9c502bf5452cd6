/* Nothing opens that was not sealed to us, and nothing holds that its sender did not sign.
 *
 * Input: 4 bytes that say where to change a message and how, then its body. The bytes are also
 * tried as a message of their own.
 */
#include <string.h>

#include "catalog/base/seal.h"
#include "fuzz.h"

#define MACHINE 7
#define ID	"server"

static void
open_bytes(const SlSealKeys *keys, const uint8_t *bytes, size_t size, const void *body,
	   size_t body_size)
{
	GError *error = NULL;
	g_autoptr(SlSealed) sealed = sl_seal_open(keys, bytes, size, &error);
	const char *verified;
	size_t verified_size = 0;

	fuzz_check_error(sealed != NULL, error);
	if (!sealed)
		return;
	verified = sl_sealed_verify(sealed, sl_seal_keys_public(keys)->sign, SL_SEAL_CHECKIN, ID,
				    &verified_size, NULL);
	if (!body || !verified || sl_sealed_machine(sealed) != MACHINE ||
	    verified_size != body_size || memcmp(verified, body, body_size) != 0)
		g_error("a message that nobody sent");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(SlSealKeys) keys = sl_seal_keys_new();
	g_autoptr(GBytes) made = NULL;
	g_autofree uint8_t *message = NULL;
	size_t message_size, at;

	open_bytes(keys, data, size, NULL, 0);
	if (size < 4)
		return 0;
	made = sl_seal_make(keys, sl_seal_keys_public(keys), SL_SEAL_CHECKIN, ID, MACHINE, data + 4,
			    size - 4, NULL);
	if (!made)
		g_error("cannot be sealed");
	message_size = g_bytes_get_size(made);
	message = g_memdup2(g_bytes_get_data(made, NULL), message_size);
	open_bytes(keys, message, message_size, data + 4, size - 4);
	at = ((size_t)data[0] << 8 | data[1]) % message_size;
	if (data[2] == 0) {
		open_bytes(keys, message, at, NULL, 0);
		return 0;
	}
	message[at] ^= data[2];
	open_bytes(keys, message, message_size, NULL, 0);
	return 0;
}
