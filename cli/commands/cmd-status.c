/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-status - who holds which devices, and what comes back where. Reads only. */
#include <errno.h>

#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "lib/act/groups.h"
#include "lib/case/claims.h"
#include "lib/host/read.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

static void status_clear(struct vh_status *s)
{
	for (size_t i = 0; i < s->count; i++) {
		vh_claim_free(s->rows[i].claim);
		free(s->rows[i].why);
	}
	free(s->rows);
	for (size_t i = 0; i < s->n_refusals; i++)
		vh_refusal_clear(&s->refusals[i]);
	free(s->refusals);
	vh_host_free(s->host);
	vh_claims_clear(&s->seen);
	vh_units_clear(&s->late);
}

/* An ordinary user may ask, and gets the rest. */
static int unseen(struct vh_status *s, int sys)
{
	if (sys != EACCES && sys != EPERM)
		return -1;
	vh_note("claims could not be looked at, run it as root: /" VH_STORE_DIR ": %s",
		strerror(sys));
	s->unseen = true;
	return 0;
}

/* Loads what there is; a claim that cannot be trusted is told and left out. */
static int load(struct vh_cli *cli, const struct vh_store *store, struct vh_status *s)
{
	_auto_names_ struct vh_names owners = { 0 };
	int rc = VH_EXIT_OK;

	if (vh_store_list(store, &owners) < 0) {
		if (unseen(s, errno) == 0)
			return VH_EXIT_OK;
		vh_error(cli, "cannot read '/" VH_STORE_DIR "'");
		return VH_EXIT_USAGE;
	}
	for (size_t i = 0; i < owners.count; i++) {
		_auto_error_ struct vh_error err = { 0 };
		struct vh_claim *c = NULL;

		if (vh_store_load(store, owners.name[i], &c, &err) < 0) {
			vh_error_report(cli, NULL, &err);
			rc = VH_EXIT_FINDINGS;
		} else if (c) {
			VH_APPEND(s->rows, s->count)->claim = c;
		}
	}
	return rc;
}

static int read_claims(struct vh_cli *cli, struct vh_store *store, struct vh_status *s)
{
	_auto_error_ struct vh_error err = { 0 };

	if (vh_store_open(store, &cli->root, false, &err) == 0)
		return load(cli, store, s);
	if (err.code == VH_E_SYS && unseen(s, err.sys) == 0)
		return VH_EXIT_OK;
	vh_error_report(cli, NULL, &err);
	return VH_EXIT_USAGE;
}

static int load_refusals(struct vh_cli *cli, const struct vh_store *store, struct vh_status *s)
{
	_auto_names_ struct vh_names uuids = { 0 };
	int rc = VH_EXIT_OK;

	if (vh_refusal_list(store, &uuids) < 0)
		return VH_EXIT_OK; /* said of the claims before */
	for (size_t i = 0; i < uuids.count; i++) {
		_auto_error_ struct vh_error err = { 0 };
		struct vh_refusal r;

		if (vh_refusal_load(store, uuids.name[i], &r, &err) < 0) {
			vh_error_report(cli, NULL, &err);
			rc = VH_EXIT_FINDINGS;
		} else if (r.uuid) {
			*VH_APPEND(s->refusals, s->n_refusals) = r;
		}
	}
	return rc;
}

static bool is_stuck(const struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].state == VH_STUCK)
			return true;
	return false;
}

static bool is_open(const struct vh_claims *seen, const struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (vh_claims_group(seen, c->records[i].group)->open == VH_YES)
			return true;
	return false;
}

static void find_state(const struct vh_store *store, const struct vh_claims *seen,
		       struct vh_status_row *row)
{
	const struct vh_claim *c = row->claim;
	bool stale = vh_claims_is_stale(store, c, &row->why) && !is_open(seen, c);

	row->busy = vh_store_lock_is_free(store, c->owner) == VH_NO;
	if (is_stuck(c))
		row->state = "stuck";
	else if (c->released)
		row->state = "releasing";
	else
		row->state = stale ? "stale" : "held";
}

static void look_at_late_units(const struct vh_cli *cli, struct vh_status *s)
{
	_auto_names_ struct vh_names names = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		const struct vh_loans *l = &s->rows[i].claim->loans;

		for (size_t k = 0; k < l->count; k++)
			if (l->list[k].failed && l->list[k].kind == VH_LOAN_UNIT)
				vh_names_note(&names, "%s", l->list[k].name);
	}
	if (names.count)
		vh_units_read(&s->late, &cli->root, &names);
}

int vh_cmd_status(struct vh_cli *cli, char **args, int count)
{
	struct vh_output out = vh_choose_output(cli);
	_auto_names_ struct vh_names unseen = { 0 }; /* who is not seen is not told */
	struct vh_store store = { .dir = -1 };
	struct vh_status s = { 0 };
	struct vh_progress progress;
	int rc;

	(void)args;
	(void)count;
	rc = read_claims(cli, &store, &s);
	if (rc != VH_EXIT_USAGE) {
		s.damaged = rc != VH_EXIT_OK;
		if (load_refusals(cli, &store, &s) != VH_EXIT_OK)
			rc = VH_EXIT_FINDINGS;
		vh_progress_read(&progress, &cli->root);
		s.host = vh_host_read(&cli->root, NULL, 0, VH_HOST_ALL | VH_HOST_OVERRIDES,
				      INT64_MAX);
		vh_claims_look(&s.seen, &cli->root, s.host, NULL, &unseen);
		for (size_t i = 0; i < s.count; i++)
			find_state(&store, &s.seen, &s.rows[i]);
		look_at_late_units(cli, &s);
		vh_progress_end(&progress);
		out.r->status(&out, &s);
		if (s.unseen) /* the answer is not whole */
			rc = VH_EXIT_USAGE;
	}
	vh_store_close(&store);
	status_clear(&s);
	return rc;
}
