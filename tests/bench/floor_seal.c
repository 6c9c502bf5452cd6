/* floor_seal.c - what a check-in costs libsodium alone: open, verify, sign, seal
 *
 *   floor_seal SECONDS
 *
 * Messages of the smallest size on one core. Prints how many in a second.
 */
#include <glib.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY 4096 /* bytes of a message with its signature and padding */

typedef struct {
	unsigned char sign_public[crypto_sign_PUBLICKEYBYTES];
	unsigned char sign_secret[crypto_sign_SECRETKEYBYTES];
	unsigned char box_public[crypto_box_PUBLICKEYBYTES];
	unsigned char box_secret[crypto_box_SECRETKEYBYTES];
} Party;

static void
make_party(Party *party)
{
	crypto_sign_keypair(party->sign_public, party->sign_secret);
	crypto_box_keypair(party->box_public, party->box_secret);
}

/* Signs what is in a message and seals it. */
static void
write_message(const Party *from, const Party *to, unsigned char *plain, unsigned char *sealed)
{
	crypto_sign_state state;

	crypto_sign_init(&state);
	crypto_sign_update(&state, plain + crypto_sign_BYTES, BODY - crypto_sign_BYTES);
	crypto_sign_final_create(&state, plain, NULL, from->sign_secret);
	crypto_box_seal(sealed, plain, BODY, to->box_public);
}

static int
read_message(const Party *from, const Party *to, const unsigned char *sealed, unsigned char *plain)
{
	crypto_sign_state state;

	if (crypto_box_seal_open(plain, sealed, BODY + crypto_box_SEALBYTES, to->box_public,
				 to->box_secret) != 0)
		return -1;
	crypto_sign_init(&state);
	crypto_sign_update(&state, plain + crypto_sign_BYTES, BODY - crypto_sign_BYTES);
	return crypto_sign_final_verify(&state, plain, from->sign_public);
}

int
main(int argc, char **argv)
{
	unsigned char plain[BODY] = {0}, message[BODY + crypto_box_SEALBYTES];
	unsigned char answer[BODY + crypto_box_SEALBYTES];
	Party machine, server;
	gint64 begun_us, until_us;
	long count = 0;

	if (argc != 2 || sodium_init() < 0) {
		fputs("floor_seal SECONDS\n", stderr);
		return 2;
	}
	make_party(&machine);
	make_party(&server);
	write_message(&machine, &server, plain, message);
	begun_us = g_get_monotonic_time();
	until_us = begun_us + (gint64)(g_ascii_strtod(argv[1], NULL) * G_USEC_PER_SEC);
	while (g_get_monotonic_time() < until_us) {
		if (read_message(&machine, &server, message, plain) != 0)
			return 1;
		write_message(&server, &machine, plain, answer);
		count++;
	}
	printf("%.0f\n",
	       (double)count * G_USEC_PER_SEC / (double)(g_get_monotonic_time() - begun_us));
	return 0;
}
