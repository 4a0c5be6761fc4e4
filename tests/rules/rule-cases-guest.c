/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-guest - its own IOMMU, and memory that the host cannot read. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

/* --- the guest's IOMMU ------------------------------------------------------------------------- */

static struct vh_guest_iommu *viommu(struct world *w, const char *model)
{
	struct vh_guest_iommu *g = &w->domain.iommu;

	alone(w);
	*g = (struct vh_guest_iommu){ .line = 30, .model = S(model), .caching_mode = true };
	w->c.around.iommu_bits = 39;
	w->c.around.qemu = 9001000;
	return g;
}

static void viommu_uncached(struct world *w)
{
	viommu(w, "intel")->caching_mode = false;
}
CASE("viommu-uncached", viommu_uncached, .want = "error viommu:30",
     .says = "We need to set caching-mode=on", .fix = "<driver caching_mode='on'/>");

static void viommu_cached(struct world *w)
{
	viommu(w, "intel");
}
CASE("viommu-cached", viommu_cached, .want = "", .silent = "viommu");

static void viommu_of_new_qemu(struct world *w)
{
	viommu(w, "intel");
	w->c.around.qemu = 9002000;
}
CASE("viommu-too-wide", viommu_of_new_qemu, .want = "error viommu:30",
     .says = "aw-bits 48 > host aw-bits 39", .fix = "aw_bits='39'");

static void viommu_on_a_wide_host(struct world *w)
{
	viommu_of_new_qemu(w);
	w->c.around.iommu_bits = 48;
}
CASE("viommu-wide-as-the-host", viommu_on_a_wide_host, .want = "", .silent = "viommu");

static void viommu_of_some_qemu(struct world *w)
{
	viommu(w, "intel");
	w->c.around.qemu = 0;
}
CASE("viommu-of-an-unknown-qemu", viommu_of_some_qemu, .want = "", .silent = "viommu");

static void viommu_asked_wide(struct world *w)
{
	viommu_of_some_qemu(w);
	w->domain.iommu.aw_bits = 48;
}
CASE("viommu-asked-wide", viommu_asked_wide, .want = "error viommu:30");

static void viommu_on_some_host(struct world *w)
{
	viommu_asked_wide(w);
	w->c.around.iommu_bits = 0;
}
CASE("viommu-on-an-unknown-host", viommu_on_some_host, .want = "", .silent = "viommu");

static void viommu_smmu(struct world *w)
{
	viommu(w, "smmuv3");
}
CASE("viommu-smmu", viommu_smmu, .want = "error viommu:30", .says = "smmuv3 is not accelerated");

static void viommu_smmu_of_a_bus(struct world *w)
{
	viommu(w, "smmuv3")->one_bus = true;
}
CASE("viommu-smmu-of-a-bus", viommu_smmu_of_a_bus, .want = "warning viommu:30");

static void viommu_smmu_accelerated(struct world *w)
{
	viommu(w, "smmuv3")->accel = true;
}
CASE("viommu-smmu-accelerated", viommu_smmu_accelerated, .want = "", .silent = "viommu");

static void viommu_amd(struct world *w)
{
	viommu(w, "amd");
}
CASE("viommu-amd-of-old-qemu", viommu_amd, .want = "warning viommu:30");

static void viommu_amd_now(struct world *w)
{
	viommu(w, "amd");
	w->c.around.qemu = 9002000;
}
CASE("viommu-amd-of-new-qemu", viommu_amd_now, .want = "", .silent = "viommu");

static void viommu_virtio(struct world *w)
{
	struct vh_guest_iommu *g = viommu(w, "virtio");

	g->caching_mode = false;
	g->acpi = true;
}
CASE("viommu-virtio", viommu_virtio, .want = "", .silent = "viommu");

static void viommu_of_nothing(struct world *w)
{
	viommu_uncached(w);
	w->element[0].unassigned = true;
}
CASE("viommu-nothing-assigned", viommu_of_nothing, .want = "", .silent = "viommu");

/* --- confidential guests ----------------------------------------------------------------------- */

static void confidential(struct world *w, const char *type, unsigned int qemu)
{
	big_guest(w, 28);
	w->domain.security = S(type);
	w->domain.security_line = 33;
	w->c.around.qemu = qemu;
	w->c.around.dma_entries = 4194304;
}

static void snp_of_9_1(struct world *w)
{
	confidential(w, "sev-snp", 9001000);
}
CASE("confidential-9.1", snp_of_9_1, .want = "error confidential:33",
     .says = "QEMU 9.1 passes no devices to a guest with sev-snp: it ends with 'Cannot set",
     .fix = "install QEMU 10.1");

static void snp_of_10_0(struct world *w)
{
	confidential(w, "sev-snp", 10000002);
}
CASE("confidential-10.0", snp_of_10_0, .want = "warning confidential:33",
     .says = "10.1 is the first that can");

static void tdx_of_9_1(struct world *w)
{
	confidential(w, "tdx", 9001000);
}
CASE("confidential-tdx-of-a-distribution", tdx_of_9_1, .want = "warning confidential:33");

static void snp_of_10_1(struct world *w)
{
	confidential(w, "sev-snp", 10001000);
}
CASE("confidential-10.1", snp_of_10_1, .want = "", .silent = "confidential");

static void snp_of_unknown(struct world *w)
{
	confidential(w, "sev-snp", 0);
	w->c.around.dma_entries = 0;
}
CASE("confidential-unknown", snp_of_unknown, .want = "", .silent = "confidential");

static void sev_of_9_1(struct world *w)
{
	confidential(w, "sev", 9001000);
}
CASE("confidential-sev", sev_of_9_1, .want = "", .silent = "confidential");

static void snp_of_nothing(struct world *w)
{
	snp_of_9_1(w);
	w->element[0].unassigned = true;
}
CASE("confidential-nothing-assigned", snp_of_nothing, .want = "", .silent = "confidential");

static void tdx_of_few_entries(struct world *w)
{
	confidential(w, "tdx", 10001000);
	w->c.around.dma_entries = 65535;
}
CASE("confidential-few-entries", tdx_of_few_entries, .want = "warning confidential:33",
     .says = "VFIO allows 65535 mappings (dma_entry_limit) and a guest with tdx has 4194304 pages",
     .fix = "dma_entry_limit=4194304");

static void tdx_by_iommufd(struct world *w)
{
	tdx_of_few_entries(w);
	w->domain.iommufd = true;
	w->c.around.iommufd = VH_YES;
}
CASE("confidential-by-iommufd", tdx_by_iommufd, .want = "", .silent = "confidential");

/* All that it gets comes from a network. */
static void snp_of_a_pool(struct world *w)
{
	static char text[] = "vfs", *name = text;

	snp_of_9_1(w);
	w->domain.n_devices = 0;
	w->c.networks.pools = (struct vh_names){ &name, 1 };
}
CASE("confidential-pool", snp_of_a_pool, .want = "error confidential:33", .scopes = VH_SCOPE_DOMAIN);

static void tdx_of_a_pool(struct world *w)
{
	snp_of_a_pool(w);
	w->domain.security = S("tdx");
	w->domain.iommufd = true;
	w->c.around.qemu = 10001000;
	w->c.around.dma_entries = 65535;
}
CASE("confidential-pool-few-entries", tdx_of_a_pool, .want = "warning confidential:33",
     .says = "VFIO allows 65535 mappings", .scopes = VH_SCOPE_DOMAIN);

static void snp_beside_passthrough(struct world *w)
{
	snp_of_10_1(w);
	w->host.cmdline = S("ro amd_iommu=fullflush iommu=soft,pt quiet");
}
CASE("confidential-iommu-pt", snp_beside_passthrough, .want = "error confidential:33",
     .says = "the host has no SEV-SNP with 'iommu=soft,pt'", .fix = "take iommu=soft,pt off");

static void snp_beside_passthrough_off(struct world *w)
{
	snp_beside_passthrough(w);
	w->host.cmdline = S("ro iommu=pt iommu.passthrough=0");
}
CASE("confidential-iommu-pt-off", snp_beside_passthrough_off, .want = "", .silent = "confidential");

static void tdx_beside_passthrough(struct world *w)
{
	snp_beside_passthrough(w);
	w->domain.security = S("tdx");
}
CASE("confidential-tdx-iommu-pt", tdx_beside_passthrough, .want = "", .silent = "confidential");
