/* views.js - the views: what follows #/ in the address, what the navigation calls them
 *
 * A view is a module with `show(page)`, see app.js. `right` is what it takes to see it; a view
 * without `icon` is in no menu and belongs `under` another one.
 */

export const VIEWS = [
	{ name: "overview", title: "Overview", right: "read",
	  icon: "M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
	  load: () => import("./views/overview.js") },
	{ name: "jobs", title: "Jobs", right: "read", under: "overview",
	  load: () => import("./views/jobs.js") },
	{ name: "updates", title: "Updates", right: "read",
	  icon: "M12 4v11M7 10l5 5 5-5M5 20h14",
	  load: () => import("./views/updates.js") },
	{ name: "update", title: "Update", right: "read", under: "updates",
	  load: () => import("./views/update.js") },
	{ name: "certification", title: "Certification", right: "read",
	  icon: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM8.5 12l2.5 2.5 4.5-5",
	  load: () => import("./views/certification.js") },
	{ name: "computers", title: "Computers", right: "read",
	  icon: "M4 5h16v10H4zM9 20h6M12 15v5",
	  load: () => import("./views/computers.js") },
	{ name: "groups", title: "Groups", right: "read",
	  icon: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
	  load: () => import("./views/groups.js") },
	{ name: "coverage", title: "Coverage", right: "read",
	  icon: "M4 20V4M4 20h16M7 15l4-5 3 3 6-8",
	  load: () => import("./views/coverage.js") },
	{ name: "channels", title: "Channels", right: "read",
	  icon: "M4 6h16M4 12h10M4 18h16M17 9l3 3-3 3",
	  load: () => import("./views/channels.js") },
	{ name: "upstreams", title: "Upstreams", right: "read",
	  icon: "M12 15V4M8 8l4-4 4 4M4 14v6h16v-6",
	  load: () => import("./views/upstreams.js") },
	{ name: "audit", title: "Audit", right: "read",
	  icon: "M6 3h9l4 4v14H6zM9 11h7M9 15h7M9 7h3",
	  load: () => import("./views/audit.js") },
	{ name: "settings", title: "Settings", right: "read",
	  icon: "M4 7h10M18 7h2M4 17h2M10 17h10M14 4v6M6 14v6",
	  load: () => import("./views/settings.js") },
];

/** Where somebody begins. */
export const FIRST = "overview";
