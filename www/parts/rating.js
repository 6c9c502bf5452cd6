/* rating.js - what this organisation may think of an update, the gravest first
 *
 * ratingWord("none") is how a rating is called; RATING_FILTER narrows a listing to one of them, see
 * filters.js.
 */

export const RATINGS = ["critical", "high", "medium", "low"];

export const ratingWord = (name) => (name === "none" ? "not rated" : name);

/** [value, text] of each, for a list to choose from. */
export const RATING_CHOICES = RATINGS.map((one) => [one, ratingWord(one)]);

export const RATING_FILTER = { name: "rating", label: "Rating", type: "select",
			       options: [...RATING_CHOICES, ["none", ratingWord("none")]] };
